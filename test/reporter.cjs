const {reporters} = require('mocha');

/** The spec reporter, closed by one line that a program can read. */
module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const {passes, failures, pending} = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
};
