import type { OfferedRung } from '../../call/core/rung';
import type { Accounts } from '../auth/accounts';
import type { Calls } from '../calls/calls';
import type { Ice } from '../ice/ice';
import type { IceCheck } from '../ice/ice-check';
import type { Inbox } from '../inbox/inbox';
import type { Ops } from '../ops/active-calls';
import type { Push } from '../push/push';
import type { Messages } from '../rooms/messages';
import type { RoomPresence } from '../rooms/presence';
import type { Rooms } from '../rooms/rooms';
import type { Devices } from '../signals/devices';
import type { Signals } from '../signals/signals';

/** What procedures may call. `wire.ts` makes it. */
export type Services = {
	accounts: Accounts;
	rooms: Rooms;
	messages: Messages;
	presence: RoomPresence;
	calls: Calls;
	devices: Devices;
	signals: Signals;
	inbox: Inbox;
	ice: Ice;
	iceCheck: IceCheck;
	push: Push;
	ops: Ops;
	/** The ways of reading that this server offers. */
	rungs: readonly OfferedRung[];
};
