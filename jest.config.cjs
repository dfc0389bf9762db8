// Nest 12 ships ES modules and @nestjs/throttler CommonJS; Jest's own ESM mode runs that mixture on no Node below 24.9.
// So tests compile ours and Nest's modules to CommonJS with SWC. Types are checked by `npm run typecheck`.
const esmPackages = '(@nestjs/(?!throttler)|nestjs-pino|content-disposition|otplib|@otplib|@scure|@noble|jose)';

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // Minutes long: `npm run test:faults`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/'],
  moduleFileExtensions: ['js', 'json', 'ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!${esmPackages}/?)`],
  globalSetup: '<rootDir>/test/support/services.ts',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
  coverageProvider: 'v8',
  testTimeout: 20_000,
};
