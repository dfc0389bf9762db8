/** Says loudly what was left out, fails the run for it where everything must run, and closes with one plain line. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const absent = (process.env.STEPGATE_TEST_ABSENT ?? '').split(',').filter(Boolean);
    this.incomplete =
      process.env.STEPGATE_TEST_REQUIRE_ALL === '1' && (absent.length > 0 || results.numPendingTests > 0);
    const { numPassedTests, numPendingTests } = results;
    // A file that did not even load has no test that could fail.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const lines = [
      ...absent.map((name) => `*** LEFT OUT: every test that needs ${name}, which is not running here. ***`),
      `${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`,
    ];
    // Jest's own summary comes after this: the last word is had at the end of the process.
    process.once('exit', () => process.stderr.write(`\n${lines.join('\n')}\n`));
  }

  getLastError() {
    return this.incomplete ? new Error('Something was left out, and this run must leave out nothing.') : undefined;
  }
};
