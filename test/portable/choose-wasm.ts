/** Loaded before the tests of this folder: they have a process of their own, because one process runs one backend. */
process.env.FINETUNE_TEST_BACKEND = 'wasm';
