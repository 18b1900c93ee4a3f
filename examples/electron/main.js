// The main process of an Electron app that classifies images. Windows ask it by one message; the model never leaves it.
//
//   npm install electron finetune-inference && npx electron .
import {fileURLToPath} from 'node:url';
import {app, BrowserWindow, ipcMain} from 'electron';
import {FinetuneError, loadModel} from 'finetune-inference';

const path = name => fileURLToPath(new URL(name, import.meta.url));

// Not inside app.asar: unpack `model` and `node_modules/finetune-inference` there (asarUnpack of electron-builder).
const loading = loadModel(path('model'), {backend: 'wasm'});

/** Only bytes come from a window. A path would let a page read any file. */
async function classify(_event, bytes) {
  if (!(bytes instanceof Uint8Array)) return {error: 'Send the bytes of an image.'};
  try {
    const [best] = await (await loading).classify(bytes, {top: 1});
    return best;
  } catch (error) {
    if (error instanceof FinetuneError) return {error: error.message, code: error.code};
    throw error;
  }
}

ipcMain.handle('classify', classify);

await app.whenReady();
const window = new BrowserWindow({
  width: 480,
  height: 320,
  webPreferences: {preload: path('preload.cjs'), contextIsolation: true, sandbox: true},
});
await window.loadFile(path('index.html'));

app.on('window-all-closed', () => app.quit());
app.on('quit', async () => (await loading).dispose());
