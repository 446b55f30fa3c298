import { onMount } from 'svelte';
import { createPushServer } from '../session/push-server';
import { CallRecorder } from '../session/call-recorder';
import { createPageSession } from '../session/page-session';
import { CallAlerts, setCallAlerts } from './call-alerts.svelte';
import { CallView, setCallView } from './call-view.svelte';
import { PushRing, setPushRing } from './push-ring.svelte';

/**
 * Gives the components below their calls, and makes them heard. For the layout that every signed-in page shares:
 * called once while it is made, before the link starts. On the server the view is there, and empty.
 */
export function provideCalls(options: Parameters<typeof createPageSession>[0]): {
	calls: CallView;
	alerts: CallAlerts;
} {
	const session = createPageSession(options);
	const recorder = new CallRecorder(session);
	const alerts = setCallAlerts(new CallAlerts(session));
	const push = setPushRing(new PushRing(createPushServer(options.link.api)));
	onMount(() => {
		const forget = recorder.open();
		const silence = alerts.open();
		session.open();
		push.open();
		return () => {
			forget();
			silence();
			session.close();
		};
	});
	return { calls: setCallView(new CallView(session, recorder)), alerts };
}
