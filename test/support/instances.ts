import { startApp, type TestApp } from './app.js';
import type { DatabaseKind, TestDatabase } from './databases.js';
import { ManualClock } from './manual-clock.js';

/** Two servers on one database, with one clock; one on SQLite, which in memory belongs to one. */
export class Instances {
  private constructor(
    private readonly database: TestDatabase,
    readonly apps: readonly TestApp[],
  ) {}

  static async start(kind: DatabaseKind): Promise<Instances> {
    const database = await kind.create();
    const clock = new ManualClock();
    const apps: TestApp[] = [];
    while (apps.length < (kind.name === 'SQLite' ? 1 : 2)) apps.push(await startApp({ shared: database, clock }));
    return new Instances(database, apps);
  }

  /** One after the other in turn. */
  at(index: number): TestApp {
    return this.apps[index % this.apps.length];
  }

  async close(): Promise<void> {
    for (const app of this.apps) await app.close();
    await this.database.drop();
  }
}
