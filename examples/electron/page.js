const output = document.querySelector('output');
const input = document.querySelector('input');

input.addEventListener('change', async () => {
  const bytes = new Uint8Array(await input.files[0].arrayBuffer());
  const {className, probability, error} = await window.finetune.classify(bytes);
  output.textContent = error ?? `${className} ${(100 * probability).toFixed(1)} %`;
});
