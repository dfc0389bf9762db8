import { PasswordHasher, UserStore } from '../../src/index.js';
import { startApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { userStoreContract } from './user-store.contract.js';

for (const database of databases) {
  userStoreContract(`of our own on ${database.name}`, async () => {
    const app = await startApp({ database });
    const hasher = app.nest.get(PasswordHasher);
    return {
      store: app.nest.get(UserStore),
      hash: (password: string) => hasher.hash(password),
      close: () => app.close(),
    };
  });
}
