import { startApp } from '../support/app.js';
import { bearer } from '../support/people.js';

describe('GET /metrics', () => {
  it('is off unless it is asked for', async () => {
    const app = await startApp();
    await app.http.get('/metrics').expect(404);
    await app.close();
  });

  it('tells how long each route takes, by its pattern, without an id or a token', async () => {
    const app = await startApp({ env: { METRICS_ENABLED: 'true' } });
    const id = 'a'.repeat(32);
    await app.http.get(`/v1/mfa/challenges/${id}`).auth('rubbish-token', bearer).expect(401);
    const { text } = await app.http
      .get('/metrics')
      .expect(200)
      .expect('content-type', /^text\/plain/);
    expect(text).toContain(
      'stepgate_http_request_seconds_count{method="GET",route="/v1/mfa/challenges/:id",status="401"} 1',
    );
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toMatch(/a{32}|rubbish/);
    await app.close();
  });
});
