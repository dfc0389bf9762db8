import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'stepgate:public';

/** Opens a route, or all routes of a controller, to callers without an access token. Every other route asks for one. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);
