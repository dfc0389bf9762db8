/** Says loudly what was left out, fails the run for it where everything must run, and closes with one plain line. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const absent = (process.env.STEPGATE_TEST_ABSENT ?? '').split(',').filter(Boolean);
    this.incomplete =
      process.env.STEPGATE_TEST_REQUIRE_ALL === '1' && (absent.length > 0 || results.numPendingTests > 0);
    for (const name of absent) {
      process.stderr.write(`\n*** LEFT OUT: every test that needs ${name}, which is not running here. ***\n`);
    }
    const { numPassedTests, numFailedTests, numPendingTests } = results;
    process.stderr.write(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`);
  }

  getLastError() {
    return this.incomplete ? new Error('Something was left out, and this run must leave out nothing.') : undefined;
  }
};
