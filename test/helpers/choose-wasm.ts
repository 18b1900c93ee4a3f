/** Loaded before the tests of test/portable: they have a process of their own, because one process runs one backend. */
process.env.FINETUNE_TEST_BACKEND = 'wasm';
