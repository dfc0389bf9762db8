/** How strongly a user proved who he is, weakest first. `phr` is phishing-resistant (OpenID EAP ACR values). */
export const ASSURANCE_LEVELS = ['aal1', 'mfa', 'aal2', 'phr'] as const;

export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number];

export function isAssuranceLevel(value: unknown): value is AssuranceLevel {
  return ASSURANCE_LEVELS.includes(value as AssuranceLevel);
}

/** Whether `actual` is at least `required`. */
export function meets(actual: AssuranceLevel, required: AssuranceLevel): boolean {
  return ASSURANCE_LEVELS.indexOf(actual) >= ASSURANCE_LEVELS.indexOf(required);
}

/** The second factor that was used, and when. */
export interface SecondFactor {
  readonly at: Date;
  /** The factor type: `totp`, `sms`, ... */
  readonly factor: string;
}

/** What a token proves: level (`acr`), methods (`amr`, RFC 8176), and when. */
export interface Assurance {
  readonly acr: AssuranceLevel;
  readonly amr: readonly string[];
  /** When the user last proved himself with his first factor. */
  readonly authTime: Date;
  readonly mfa?: SecondFactor;
}
