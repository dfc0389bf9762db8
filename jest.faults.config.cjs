const base = require('./jest.config.cjs');

/** What breaks, one part after the other, while customers are at it. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/faults', '<rootDir>/test/scale'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
