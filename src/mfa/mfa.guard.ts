import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type AuthenticatedRequest, IS_PART_OF_SIGN_IN, IS_PUBLIC } from '../auth/index.js';
import { Audit } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock.js';
import type { Principal } from '../tokens/principal.js';
import { UsableFactors } from './enrollment/usable-factors.js';
import { insufficient, refusalOf } from './insufficient.js';
import { MFA_OPTIONS, type MfaOptions } from './mfa.options.js';
import { MFA_REQUIREMENT } from './require-mfa.decorator.js';
import { parseRequirement, type Requirement, shortfall, stricter } from './requirement.js';
import { TrustedDevices } from './trusted-devices/trusted-devices.service.js';

type Handler = (...args: unknown[]) => unknown;

const ANY_FACTOR = parseRequirement({});

/**
 * Enforces `@RequireMfa()`, and `MFA_ENFORCEMENT` on the routes that do not carry it. Compares what the token says with
 * what the route asks; reads the database only to tell a refused caller whether he has a factor. Global.
 */
@Injectable()
export class MfaGuard implements CanActivate {
  /** By class and then by method: two controllers may inherit one method, and ask for different things. */
  private readonly requirements = new WeakMap<object, WeakMap<Handler, Requirement | null>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly factors: UsableFactors,
    private readonly devices: TrustedDevices,
    private readonly audit: Audit,
    private readonly clock: Clock,
    @Inject(MFA_OPTIONS) private readonly options: MfaOptions,
  ) {}

  /** @throws Problem `insufficient_user_authentication` */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const required = this.requirementOf(context);
    if (!required) return this.options.enforcement === 'routes' || this.enforce(context);
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    // A route that is both public and demands a factor is closed to whoever has no token.
    const missing = user ? shortfall(user, required, this.clock.now()) : { level: true, age: true };
    return missing === null || this.refuse(user, required, missing);
  }

  private requirementOf(context: ExecutionContext): Requirement | null {
    const [controller, handler] = [context.getClass(), context.getHandler() as Handler];
    const known = this.requirements.get(controller) ?? new WeakMap<Handler, Requirement | null>();
    let required = known.get(handler);
    if (required === undefined) {
      required = requirementOn(this.reflector, controller, handler);
      this.requirements.set(controller, known.set(handler, required));
    }
    return required;
  }

  /** For routes without a requirement of their own, when the configuration asks for more than `routes`. */
  private async enforce(context: ExecutionContext): Promise<boolean> {
    const marked = (key: string) =>
      this.reflector.getAllAndOverride<boolean>(key, [context.getHandler(), context.getClass()]);
    if (marked(IS_PUBLIC) || marked(IS_PART_OF_SIGN_IN)) return true;
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!user || user.mfa) return true;
    if (await this.devices.hasOpened(user.sessionId)) return true;
    if (this.options.enforcement === 'enrolled' && !(await this.factors.isEnrolled(user.userId))) return true;
    return this.refuse(user, ANY_FACTOR, { level: true, age: false });
  }

  private async refuse(
    user: Principal | undefined,
    required: Requirement,
    missing: { level: boolean; age: boolean },
  ): Promise<never> {
    if (!user) throw insufficient(required, missing, false);
    this.audit.record(refusalOf(user, required));
    throw insufficient(required, missing, await this.factors.canMeet(user.userId, required));
  }
}

/** What class and method ask for together; null when neither asks. */
export function requirementOn(reflector: Reflector, controller: object, handler: object): Requirement | null {
  const [own, inherited] = reflector.getAll<(Requirement | undefined)[]>(MFA_REQUIREMENT, [
    handler,
    controller,
  ] as never);
  return own && inherited ? stricter(inherited, own) : (own ?? inherited ?? null);
}
