import { onMount } from 'svelte';
import { createPushServer } from '../session/push-server';
import { CallRecorder } from '../session/call-recorder';
import { createEquipment } from '../session/page-equipment';
import { createPageChecker } from '../session/page-check';
import { createPageLife } from '../session/page-life';
import { createPageSession } from '../session/page-session';
import { createQualitySender, openQualityRecorder } from '../session/quality-recorder';
import { AddressPrivacy, setAddressPrivacy } from './address-privacy.svelte';
import { CallAlerts, setCallAlerts } from './call-alerts.svelte';
import { CallCheck, setCallCheck } from './call-check.svelte';
import { CallEquipment, setCallEquipment } from './call-equipment.svelte';
import { CallStage, setCallStage } from './call-stage.svelte';
import { CallView, setCallView } from './call-view.svelte';
import { PictureWindow, setPictureWindow } from './picture-window.svelte';
import { PushRing, setPushRing } from './push-ring.svelte';

/**
 * Gives the components below their calls, and makes them heard. For the layout that every signed-in page shares:
 * called once while it is made, before the link starts. On the server the view is there, and empty.
 */
export function provideCalls(
	options: Omit<Parameters<typeof createPageSession>[0], 'hidesAddress' | 'equipment'>
): {
	calls: CallView;
	alerts: CallAlerts;
} {
	const privacy = setAddressPrivacy(new AddressPrivacy());
	const equipment = createEquipment();
	setCallEquipment(new CallEquipment(equipment));
	const hidesAddress = () => privacy.hides === true;
	const session = createPageSession({ ...options, equipment, hidesAddress });
	setCallCheck(new CallCheck(createPageChecker({ link: options.link, hidesAddress })));
	const recorder = new CallRecorder(session);
	const alerts = setCallAlerts(new CallAlerts(session));
	const calls = setCallView(new CallView(session, recorder));
	const stage = setCallStage(new CallStage());
	const picture = setPictureWindow(new PictureWindow(calls));
	const push = setPushRing(new PushRing(createPushServer(options.link.api)));
	onMount(() => {
		const stopLooking = privacy.open(); // before a call is entered again
		const forget = recorder.open();
		const page = createPageLife();
		const endQuality = openQualityRecorder({ session, page, send: createQualitySender(options.link.api) });
		const silence = alerts.open();
		const unfollow = equipment.open();
		const unstage = stage.open();
		const closePicture = picture.open();
		session.open();
		push.open();
		return () => {
			forget();
			silence();
			unfollow();
			unstage();
			closePicture();
			session.close();
			endQuality(); // it hears of a call that ends with the page
			stopLooking();
		};
	});
	return { calls, alerts };
}
