import { createServer } from 'node:net';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { SERVICES } from './services.js';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: SERVICES.Chromium, args: ['--no-sandbox'] });
}

/** A port that is free now: for a server whose pages have to know their origin before it listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The authenticator that Chromium plays: a USB key with a PIN, which counts. */
export class VirtualAuthenticator {
  private constructor(
    private readonly cdp: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async plugInto(page: Page): Promise<VirtualAuthenticator> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'usb',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new VirtualAuthenticator(cdp, authenticatorId);
  }

  /** Whether the user knows the PIN. */
  async verifyUser(isUserVerified: boolean): Promise<void> {
    await this.cdp.send('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified });
  }

  /** Puts the counters of all credentials to a value, as in a copy that was made earlier. */
  async setCounters(signCount: number): Promise<void> {
    for (const credential of await this.stored()) {
      await this.cdp.send('WebAuthn.removeCredential', {
        authenticatorId: this.authenticatorId,
        credentialId: credential.credentialId,
      });
      await this.cdp.send('WebAuthn.addCredential', {
        authenticatorId: this.authenticatorId,
        credential: { ...credential, signCount },
      });
    }
  }

  credentials(): Promise<object[]> {
    return this.stored();
  }

  private async stored() {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.authenticatorId });
    return credentials;
  }

  async unplug(): Promise<void> {
    await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticatorId });
    await this.cdp.detach();
  }
}
