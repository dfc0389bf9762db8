const { constants, setPriority } = require('node:os');
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads');
const { hashSync, verifySync } = require('@node-rs/argon2');

/**
 * One of the {@link HashingThreads}: does what it is told, one thing after the other. JavaScript, as it is loaded as it is;
 * CommonJS, as what loads modules takes 4 MB of each thread.
 */
const { together } = workerData;
const work = { hash: hashSync, verify: verifySync };

// Only Linux has priorities of threads; elsewhere it would be the whole process that steps back. Not the lowest: beside
// other processes that take every core, a login then took 5 seconds and not half a one.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

parentPort.on('message', (first) => {
  const waiting = [first];
  let answers = [];
  while (waiting.length > 0) {
    answers.push(answer(waiting.shift()));
    for (let next; (next = receiveMessageOnPort(parentPort));) waiting.push(next.message);
    // Only while others wait besides: none is kept back for one that may not come, and the thread has work while these
    // are passed on.
    if (answers.length < together && answers.length + waiting.length > together) continue;
    parentPort.postMessage(answers);
    answers = [];
  }
});

function answer({ id, name, values }) {
  try {
    return { id, result: work[name](...values) };
  } catch (error) {
    return { id, error };
  }
}
