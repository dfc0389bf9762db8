const { globalSetup: _services, reporters: _summary, ...base } = require('./jest.config.cjs');

// On SQLite alone: nothing is looked for, so `describe.each(databases)` finds no other.
process.env.STEPGATE_TEST_ABSENT = 'MariaDB,Redis,Chromium,oathtool';

/** For `npm run test:mutation`: the specs that judge the mutated files without starting a server. */
module.exports = {
  ...base,
  testMatch: [
    '<rootDir>/src/auth/jwt/*.spec.ts',
    '<rootDir>/src/limits/*.spec.ts',
    '<rootDir>/src/mfa/*.spec.ts',
    '<rootDir>/src/tokens/*.spec.ts',
    '<rootDir>/test/challenges/engine.spec.ts',
    '<rootDir>/test/limits/*.spec.ts',
  ],
};
