import { authRouter } from './auth';
import { router } from './base';
import { callsRouter } from './calls';
import { iceRouter } from './ice';
import { inboxRouter } from './inbox';
import { messagesRouter } from './messages';
import { opsRouter } from './ops';
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
	ops: opsRouter
});

/** The whole API as a type: all that browsers and other programs import. */
export type AppRouter = typeof appRouter;
