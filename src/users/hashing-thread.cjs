const { constants, setPriority } = require('node:os');
const { parentPort } = require('node:worker_threads');
const { hashSync, verifySync } = require('@node-rs/argon2');

/**
 * One of the {@link HashingThreads}: does what it is told, one thing after the other. JavaScript, as it is loaded as it is;
 * CommonJS, as what loads modules takes 4 MB of each thread.
 */
const work = { hash: hashSync, verify: verifySync };

// Only Linux has priorities of threads; elsewhere it would be the whole process that steps back. Not the lowest: beside
// other processes that take every core, a login then took 5 seconds and not half a one.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

parentPort.on('message', ({ id, name, values }) => {
  try {
    parentPort.postMessage({ id, result: work[name](...values) });
  } catch (error) {
    parentPort.postMessage({ id, error });
  }
});
