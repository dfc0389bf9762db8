import { Injectable, Module, Scope } from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { type Channel, type Message, MfaChannel } from '../../src/delivery/channel.js';
import { EmailChannel } from '../../src/delivery/channels/email/email.channel.js';
import { startApp, type TestApp } from '../support/app.js';
import { bearer, login, register } from '../support/people.js';

/** Where pagers lie about; a dependency of the channel's own. */
@Injectable()
class PagerNetwork {
  readonly beeps: Message[] = [];
}

@MfaChannel('pager')
class PagerChannel implements Channel {
  constructor(private readonly network: PagerNetwork) {}

  address(raw: string): string | null {
    return raw.replace(/[^0-9]/g, '') || null;
  }

  async send(message: Message): Promise<void> {
    this.network.beeps.push(message);
  }
}

@Module({ providers: [PagerNetwork, PagerChannel] })
class PagerModule {}

describe('a channel of a team’s own', () => {
  let app: TestApp;
  let network: PagerNetwork;

  beforeAll(async () => {
    app = await startApp({ own: { imports: [PagerModule] } });
    network = app.nest.get(PagerNetwork);
  });

  afterAll(() => app.close());

  const lastCode = (): string => network.beeps.at(-1)!.code!;

  it('is a factor type by being registered: users enrol and sign in over it', async () => {
    const ada = await register(app);
    const { accessToken } = await login(app, ada);
    const enrolled = await app.http
      .post('/v1/mfa/factors')
      .auth(accessToken, bearer)
      .send({ type: 'pager', address: 'no. 555-12 34', label: 'Belt' })
      .expect(201);
    expect(enrolled.body).toMatchObject({
      factor: { type: 'pager', status: 'pending', label: 'Belt', destination: '•••• 34' },
      enrollment: { delivery: 'sent' },
    });
    expect(network.beeps.at(-1)).toMatchObject({ to: '5551234' });
    await app.http
      .post(`/v1/mfa/factors/${enrolled.body.factor.id}/activate`)
      .auth(accessToken, bearer)
      .send({ code: lastCode() })
      .expect(200);

    const session = await login(app, ada);
    expect(session.mfa.challenge).toMatchObject({ factor: { type: 'pager', destination: '•••• 34' } });
    const proved = await app.http
      .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
      .auth(session.accessToken, bearer)
      .send({ code: lastCode() })
      .expect(200);
    const { body: claims } = await app.http.get('/v1/auth/session').auth(proved.body.accessToken, bearer).expect(200);
    expect(claims).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'], mfa: { factor: 'pager' } });
    await app.http.get('/v1/examples/mfa').auth(proved.body.accessToken, bearer).expect(200);
  });

  it('says itself what an address is', async () => {
    const { accessToken } = await login(app, await register(app));
    const enroll = (input: object) =>
      app.http
        .post('/v1/mfa/factors')
        .auth(accessToken, bearer)
        .send({ type: 'pager', ...input });
    const { body } = await enroll({ address: 'nowhere' }).expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/address' }] });
    await enroll({}).expect(400);
    await enroll({ address: ['1'] }).expect(400);
    await enroll({ phoneNumber: '1' }).expect(400);
  });
});

describe('a channel that is registered wrongly stops the start', () => {
  it('when two have one name', async () => {
    @MfaChannel('email')
    class SecondEmail extends PagerChannel {}
    await expect(startApp({ own: { providers: [PagerNetwork, SecondEmail] } })).rejects.toThrow(
      'Two providers are named "email".',
    );
  });

  it('when it lives for one request', async () => {
    @MfaChannel('pigeon')
    @Injectable({ scope: Scope.REQUEST })
    class Pigeon implements Channel {
      address = (raw: string): string => raw;
      async send(): Promise<void> {}
    }
    Injectable({ scope: Scope.REQUEST })(Pigeon);
    await expect(startApp({ own: { providers: [Pigeon] } })).rejects.toThrow('"pigeon" must be a singleton.');
  });

  it('when what takes its place carries no name', async () => {
    const plain: Channel = { address: (raw) => raw, send: async () => undefined };
    const override = (builder: TestingModuleBuilder) => builder.overrideProvider(EmailChannel).useValue(plain);
    await expect(startApp({ override })).rejects.toThrow(/EmailChannel lost its name/);
  });
});
