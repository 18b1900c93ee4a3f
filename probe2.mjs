import puppeteer from 'puppeteer-core';
const [dir, query='', url] = process.argv.slice(2);
const b = await puppeteer.launch({executablePath:'/usr/bin/chromium', args:['--no-sandbox','--disable-gpu']});
const p = await b.newPage(); p.on('console', m=>console.log('console', m.text())); p.on('pageerror', e=>console.log('pageerror', String(e)));
await p.goto(`file://${dir}/web/index.html${query}`); await new Promise(r=>setTimeout(r,1000));
console.log(await p.evaluate("document.querySelector('#result').innerText"));
const t=Date.now();
try { const [c] = await Promise.all([p.waitForFileChooser({timeout:8000}), p.click('#choose-folder')]); await c.accept([dir]); console.log('chooser ok'); } catch (e) { console.log('chooser', String(e)); const i = await p.$('#folder'); await i.uploadFile(dir).catch(e=>console.log(String(e))); }
for (let i=0;i<6;i++){await new Promise(r=>setTimeout(r,3000));
console.log(Date.now()-t, await p.evaluate("document.querySelector('#result').innerText"), await p.evaluate("document.querySelector('#folder').files.length"));}
await b.close();
