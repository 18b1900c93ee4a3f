import puppeteer from 'puppeteer-core';
import {execSync} from 'node:child_process';
import {serveModel} from './dist/src/cli/commands/try/model-server.js';
const s = await serveModel('/tmp/page/runs/r50/model', 0);
const rss = pid => { const all = execSync('ps -eo pid,ppid').toString().trim().split('\n').slice(1).map(l=>l.trim().split(/\s+/).map(Number));
  const tree=new Set([pid]); for(let i=0;i<6;i++) for(const [p,q] of all) if(tree.has(q)) tree.add(p);
  let kb=0; for (const p of tree) try { kb += Number(/^Pss:\s+(\d+)/m.exec(execSync(`cat /proc/${p}/smaps_rollup`).toString())[1]); } catch {} return Math.round(kb/1024); };
for (const round of [1,2]) for (const backend of ['webgl','wasm']) for (const worker of [true,false]) {
 const b = await puppeteer.launch({executablePath:'/usr/bin/chromium', args:['--no-sandbox','--disable-gpu','--disable-dev-shm-usage']});
 const p = await b.newPage(); if (!worker) await p.evaluateOnNewDocument(()=>{ delete globalThis.Worker; });
 const t=Date.now(); await p.goto(s.url+'?backend='+backend); await p.waitForFunction("/Ready|cannot/.test(document.querySelector('#answer').textContent)",{timeout:200000});
 const ready=Date.now()-t; const times=[];
 for (let i=0;i<2;i++){ await p.evaluate("document.querySelector('#facts').replaceChildren()"); await (await p.$('input[type=file]')).uploadFile('/tmp/page/photo.png'); await p.waitForFunction("/Time per/.test(document.querySelector('#facts').textContent)",{timeout:200000}); times.push(await p.evaluate("/image(\\d+)/.exec(document.querySelector('#facts').textContent)[1]")); }
 console.log(round, backend, worker?'worker':'page', 'ready', ready, 'ms; images', times.join(' '), 'ms; memory', rss(b.process().pid), 'MB', await p.evaluate("document.querySelector('#facts').textContent")); await b.close();
}
await s.close(); process.exit(0);
