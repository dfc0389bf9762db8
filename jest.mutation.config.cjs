/** For mutation tests; which specs run is said in stryker.config.mjs. */

// On SQLite alone: nothing is looked for, so `describe.each(databases)` finds no other.
process.env.STEPGATE_TEST_ABSENT = 'MariaDB,Redis,Chromium,oathtool';

module.exports = {
  ...require('./jest.config.cjs'),
  globalSetup: undefined,
  reporters: ['default'],
  // What never answers is found out sooner; no spec that runs here takes half a second.
  testTimeout: 5_000,
};
