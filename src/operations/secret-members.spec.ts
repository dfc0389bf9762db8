import { withoutSecrets } from './secret-members.js';

describe('what is logged of an object', () => {
  it('is all but what could carry a secret, at any depth', () => {
    const at = new Date(0);
    const logged = {
      event: 'login',
      password: 'p',
      at,
      user: { id: 1, passwordHash: 'h', session: { refreshToken: 't', device: 'd' } },
      list: [{ code: '123456', kind: 'code' }, 'text', null],
    };
    expect(withoutSecrets(logged)).toEqual({
      event: 'login',
      at,
      user: { id: 1, session: { device: 'd' } },
      list: [{ kind: 'code' }, 'text', null],
    });
  });

  it('leaves what was given as it is', () => {
    const logged = { user: { token: 't' } };
    withoutSecrets(logged);
    expect(logged).toEqual({ user: { token: 't' } });
  });

  it('leaves errors to their serializer', () => {
    const err = Object.assign(new Error('no'), { code: 'E' });
    expect(withoutSecrets({ err }).err).toBe(err);
  });

  it('ends, however deep an object is', () => {
    const logged: Record<string, unknown> = { name: 'round' };
    logged.self = logged;
    const text = JSON.stringify(withoutSecrets(logged));
    expect(text).toContain('…');
    expect(text.length).toBeLessThan(200);
  });
});
