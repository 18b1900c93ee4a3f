const output = document.querySelector('output');
const input = document.querySelector('input');

async function classify(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const {className, probability, error} = await window.finetune.classify(bytes);
  output.textContent = error ?? `${className} ${(100 * probability).toFixed(1)} %`;
}

input.addEventListener('change', () => void classify(input.files[0]));
