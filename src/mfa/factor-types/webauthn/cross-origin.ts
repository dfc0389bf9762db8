import { decodeClientDataJSON } from '@simplewebauthn/server/helpers';

/**
 * Whether the page was inside a frame of another site. Nobody has allowed that here (WebAuthn L3, 7.1 step 10 and
 * 7.2 step 13), and the library would let it pass.
 */
export function isFramed(clientDataJSON: string): boolean {
  const { crossOrigin, topOrigin } = decodeClientDataJSON(clientDataJSON);
  return crossOrigin === true || topOrigin !== undefined;
}
