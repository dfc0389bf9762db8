/**
 * Four areas, each with the specs that judge it without starting a server. A mutant is paid for with the loading of every
 * spec file that can reach its source: in one run, those of the guards would be loaded for each mutant of a claim.
 */
const AREAS = {
  rules: {
    mutate: ['src/tokens/{header,claims}.ts', 'src/mfa/requirement.ts', 'src/limits/{backoff,source}.ts'],
    specs: ['src/tokens/{header,claims}.spec.ts', 'src/mfa/requirement.spec.ts', 'src/limits/*.spec.ts'],
  },
  engine: {
    mutate: [
      'src/challenges/*.ts',
      'src/limits/*.ts',
      '!src/limits/{backoff,source}.ts',
      '!**/*.{module,options,spec}.ts',
    ],
    specs: ['test/challenges/engine.spec.ts', 'test/limits/*.spec.ts'],
  },
  tokens: {
    mutate: ['src/tokens/{access-tokens,verified-tokens}.ts', 'src/auth/jwt/{bearer-token,jwt.guard,jwt.strategy}.ts'],
    specs: ['src/tokens/access-tokens.spec.ts', 'src/auth/jwt/*.spec.ts'],
  },
  guard: {
    mutate: ['src/mfa/{requirement-check,require-mfa.decorator,mfa.guard,insufficient}.ts'],
    specs: ['src/mfa/{mfa.guard,requirement-check}.spec.ts'],
  },
};

const area = process.env.MUTATE ?? 'engine';
const { mutate, specs } = AREAS[area];

export default {
  mutate,
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    configFile: 'jest.mutation.config.cjs',
    config: { testMatch: specs.map((path) => `<rootDir>/${path}`) },
  },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // On a busy machine a mutant may be slow without being endless.
  timeoutMS: 20_000,
  // Only with --incremental, while specs are written: it does not notice changes in test/support.
  incrementalFile: `reports/mutation/${area}.incremental.json`,
  reporters: ['clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: `reports/mutation/${area}.html` },
  jsonReporter: { fileName: `reports/mutation/${area}.json` },
  thresholds: { high: 95, low: 85, break: 85 },
};
