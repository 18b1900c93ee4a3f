// What the page may do: ask for the class of an image.
const {contextBridge, ipcRenderer} = require('electron');

contextBridge.exposeInMainWorld('finetune', {
  classify: bytes => ipcRenderer.invoke('classify', bytes),
});
