import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type AuthenticatedRequest, IS_PART_OF_SIGN_IN, IS_PUBLIC } from '../auth/index.js';
import { Audit } from '../audit/audit.service.js';
import { PerRoute } from '../http/per-route.js';
import { requestOf } from '../http/request-of.js';
import { originOf } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { UsableFactors } from './enrollment/usable-factors.js';
import { insufficient, refusalOf } from './insufficient.js';
import { MFA_OPTIONS, type MfaOptions } from './mfa.options.js';
import { MFA_REQUIREMENT } from './require-mfa.decorator.js';
import { parseRequirement, type Requirement, shortfall, stricter } from './requirement.js';
import { TrustedDevices } from './trusted-devices/trusted-devices.service.js';

type GuardedRequest = FastifyRequest & AuthenticatedRequest;

const ANY_FACTOR = parseRequirement({});

/**
 * Enforces `@RequireMfa()`, and `MFA_ENFORCEMENT` on the routes that do not carry it. Compares what the token says with
 * what the route asks; reads the database only to tell a refused caller whether he has a factor. Global.
 */
@Injectable()
export class MfaGuard implements CanActivate {
  private readonly requirement: PerRoute<Requirement | null>;
  private readonly isExempt: PerRoute<boolean>;

  constructor(
    reflector: Reflector,
    private readonly factors: UsableFactors,
    private readonly devices: TrustedDevices,
    private readonly audit: Audit,
    private readonly clock: Clock,
    @Inject(MFA_OPTIONS) private readonly options: MfaOptions,
  ) {
    this.requirement = new PerRoute((handler, controller) => requirementOn(reflector, controller, handler));
    const marked = [IS_PUBLIC, IS_PART_OF_SIGN_IN];
    this.isExempt = new PerRoute((...places) => marked.some((mark) => reflector.getAllAndOverride(mark, places)));
  }

  /** @throws Problem `insufficient_user_authentication` */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const required = this.requirement.of(context);
    if (!required) return this.options.enforcement === 'routes' || this.enforce(context);
    const request = requestOf<GuardedRequest>(context);
    const { user } = request;
    // A route that is both public and demands a factor is closed to whoever has no token.
    const missing = user ? shortfall(user, required, this.clock.now()) : { level: true, age: true };
    return missing === null || this.refuse(request, required, missing);
  }

  /** For routes without a requirement of their own, when the configuration asks for more than `routes`. */
  private async enforce(context: ExecutionContext): Promise<boolean> {
    if (this.isExempt.of(context)) return true;
    const request = requestOf<GuardedRequest>(context);
    const { user } = request;
    if (!user || user.mfa) return true;
    if (await this.devices.hasOpened(user.sessionId)) return true;
    if (this.options.enforcement === 'enrolled' && !(await this.factors.isEnrolled(user.userId))) return true;
    return this.refuse(request, ANY_FACTOR, { level: true, age: false });
  }

  private async refuse(
    request: GuardedRequest,
    required: Requirement,
    missing: { level: boolean; age: boolean },
  ): Promise<never> {
    const { user } = request;
    if (!user) throw insufficient(required, missing, false);
    this.audit.record(refusalOf(user, required), originOf(request));
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
