import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import { type AssuranceLevel, meets } from '../tokens/assurance.js';
import { FactorTypes } from './factor-types/factor-types.js';
import { requirementOn } from './mfa.guard.js';
import type { Requirement } from './requirement.js';

/**
 * Reads every `@RequireMfa()` of the application once, so that one that cannot be met stops the start, and documents
 * what class and method ask for together, as `x-mfa`.
 */
@Injectable()
export class RequirementCheck implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly types: FactorTypes,
  ) {}

  /** @throws Error that names the route */
  onApplicationBootstrap(): void {
    for (const { metatype, instance } of this.discovery.getControllers()) {
      if (!metatype || !instance) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        try {
          this.check(metatype, prototype[method]);
        } catch (error) {
          throw new Error(`${metatype.name}.${method}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  }

  private check(controller: object, handler: object): void {
    const required = requirementOn(this.reflector, controller, handler);
    if (!required) return;
    if (required.factors) this.checkFactors(required.factors, required.acr);
    ApiExtension('x-mfa', documented(required))(controller, '', { value: handler });
  }

  private checkFactors(factors: readonly string[], acr: AssuranceLevel): void {
    const unknown = factors.find((name) => !this.types.find(name));
    if (unknown !== undefined) {
      throw new Error(
        `@RequireMfa(): there is no factor type "${unknown}" (there are ${this.types.names().join(', ')}).`,
      );
    }
    if (!factors.some((name) => meets(this.types.get(name).acr, acr))) {
      throw new Error(`@RequireMfa(): none of ${factors.join(', ')} reaches ${acr}.`);
    }
  }
}

/** As the 401 has it: the age in seconds. */
function documented({ acr, maxAge, factors }: Requirement): object {
  return { acr, ...(maxAge !== null && { maxAge: maxAge / 1_000 }), ...(factors && { factors }) };
}
