import { authRouter } from './auth';
import { router } from './base';
import { callsRouter } from './calls';
import { iceRouter } from './ice';
import { inboxRouter } from './inbox';
import { messagesRouter } from './messages';
import { opsRouter } from './ops';
import { pushRouter } from './push';
import { roomsRouter } from './rooms';
import { signalsRouter } from './signals';
import { tokensRouter } from './tokens';

export const appRouter = router({
	auth: authRouter,
	rooms: roomsRouter,
	messages: messagesRouter,
	calls: callsRouter,
	signals: signalsRouter,
	inbox: inboxRouter,
	ice: iceRouter,
	tokens: tokensRouter,
	push: pushRouter,
	ops: opsRouter
});

/** The whole API as a type: all that browsers and other programs import. */
export type AppRouter = typeof appRouter;
