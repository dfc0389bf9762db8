import type { DiscoverableDecorator } from '@nestjs/core';
import { type DiscoveryService } from '@nestjs/core';

/**
 * Finds every provider that carries `decorator`, by the name it was given there.
 * @throws Error when a name is lost or taken twice, or when the provider is not a singleton
 */
export function namedProviders<T>(
  discovery: DiscoveryService,
  decorator: DiscoverableDecorator<string>,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const wrapper of discovery.getProviders({ metadataKey: decorator.KEY })) {
    const name = discovery.getMetadataByDecorator(decorator, wrapper);
    if (typeof name !== 'string') throw new Error(`${wrapper.name} lost its name: override it with a decorated class.`);
    if (!wrapper.isDependencyTreeStatic()) throw new Error(`"${name}" must be a singleton.`);
    if (found.has(name)) throw new Error(`Two providers are named "${name}".`);
    found.set(name, wrapper.instance as T);
  }
  return found;
}
