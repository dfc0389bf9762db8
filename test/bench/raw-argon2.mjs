import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';

const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Verifications a second, with the server's parameters, on as many cores. */
export async function rawVerifications(seconds) {
  const stored = await hash('brass gears turn slowly', PARAMETERS);
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await verify(stored, 'brass gears turn slowly');
      count++;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return count / seconds;
}
