import { SetMetadata } from '@nestjs/common';

export const IS_PART_OF_SIGN_IN = 'stepgate:part-of-sign-in';

/** Marks routes that a user needs on the way to a second factor: they stay open when the configuration enforces one. */
export const PartOfSignIn = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PART_OF_SIGN_IN, true);
