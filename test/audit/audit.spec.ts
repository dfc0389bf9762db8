import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { AuditEvent } from '../../src/audit/audit-event.js';
import { AuditSink } from '../../src/audit/audit-sink.js';
import { Audit } from '../../src/audit/audit.service.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const eventOf = (userId: string, n: number): AuditEvent => ({
  id: String(n).padStart(32, '0'),
  type: 'login.failed',
  outcome: 'failure',
  userId,
  detail: { n },
  at: new Date(),
  ...NO_REQUEST,
});

describe.each(databases)('security events on $name', (database) => {
  let app: TestApp;
  let audit: Audit;
  let trail: AuditTrail;

  beforeAll(async () => {
    app = await startApp({ database });
    audit = app.nest.get(Audit);
    trail = app.nest.get(AuditTrail);
  });

  afterAll(() => app.close());

  it('are kept with who, what, when, from where and how it came out', async () => {
    audit.record(
      { type: 'mfa.failed', userId: 'ada', factorType: 'totp', factorId: 'f', detail: { attemptsLeft: 3 } },
      NO_REQUEST,
    );
    const [event] = await trail.recent('ada', 10);
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      at: app.clock.now(),
      type: 'mfa.failed',
      outcome: 'failure',
      userId: 'ada',
      sessionId: null,
      factorType: 'totp',
      factorId: 'f',
      ip: '-',
      device: '-',
      requestId: '-',
      detail: '{"attemptsLeft":3}',
    });
  });

  it('keep their order within one millisecond, over any number of them', async () => {
    for (let n = 0; n < 1_200; n++) audit.record({ type: 'login.failed', userId: 'bob', detail: { n } }, NO_REQUEST);
    const events = await trail.recent('bob', 2_000);
    const numbers = events.map(({ detail }) => (JSON.parse(detail!) as { n: number }).n);
    expect(numbers).toEqual(Array.from({ length: 1_200 }, (_, n) => 1_199 - n));
  });

  it('are written once, however often they are offered', async () => {
    const offer = (...numbers: number[]) => app.nest.get(AuditSink).write(numbers.map((n) => eventOf('joe', n)));
    await offer(1, 2);
    await offer(1, 2, 3);
    await offer(1, 2, 3);
    expect(await trail.recent('joe', 10)).toMatchObject([3, 2, 1].map((n) => ({ detail: `{"n":${n}}` })));
  });

  it('are read page by page', async () => {
    for (let n = 0; n < 5; n++) {
      audit.record({ type: 'login.failed', userId: 'eve', detail: { n } }, NO_REQUEST);
      if (n % 2) app.clock.advance('1s');
    }
    const all = (await trail.recent('eve', 10)).map(({ id }) => id);
    const first = await trail.recent('eve', 2);
    const second = await trail.recent('eve', 2, first[1].id);
    const third = await trail.recent('eve', 2, second[1].id);
    expect([...first, ...second, ...third].map(({ id }) => id)).toEqual(all);
    expect(all).toHaveLength(5);
  });
});

describe('security events between the server and where they go', () => {
  it('are offered again to a sink that failed, and go wherever the team sends them', async () => {
    const seen: string[] = [];
    let down = true;
    class TeamSink extends AuditSink {
      async write(events: readonly AuditEvent[]): Promise<void> {
        if (down) throw new Error('down');
        seen.push(...events.map(({ type }) => type));
      }
    }
    const own = await startApp({ override: (builder) => builder.overrideProvider(AuditSink).useClass(TeamSink) });
    const teamAudit = own.nest.get(Audit);
    teamAudit.record({ type: 'login.failed' }, NO_REQUEST);
    await teamAudit.flush();
    teamAudit.record({ type: 'login.succeeded' }, NO_REQUEST);
    down = false;
    await teamAudit.flush();
    expect(seen).toEqual(['login.failed', 'login.succeeded']);
    await own.close();
  });

  it('survive an orderly stop that follows at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
    const shared = { url: `sqlite:${folder}/audit.sqlite`, drop: () => Promise.resolve() };
    const first = await startApp({ shared });
    first.nest.get(Audit).record({ type: 'login.failed', userId: 'zoe' }, NO_REQUEST);
    await first.close();
    const second = await startApp({ shared });
    expect(await second.nest.get(AuditTrail).recent('zoe', 10)).toHaveLength(1);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});
