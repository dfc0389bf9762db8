import { isSignedIn, logout, resume, useHooks } from './api.js';
import { stepUp } from './challenge.js';
import { say, show } from './dom.js';
import { chooseLanguage, language, messageOf, t } from './texts.js';
import { accountView } from './views/account.js';
import { forgotView, registerView, resetView, secondStepView, signInView } from './views/sign-in.js';

const signOutButton = document.getElementById('sign-out');
const languageButton = document.getElementById('language');
/** Draws the view that is on the screen, again. */
let redraw = route;

function view(draw) {
  redraw = draw;
  signOutButton.hidden = !isSignedIn();
  return draw();
}

/** Where a visitor without a session goes; the mail to reset a password brings its token in the fragment. */
function route() {
  const [name, token] = location.hash.slice(1).split('=');
  if (name === 'token' && token) {
    // Out of the address bar and the history.
    history.replaceState(null, '', location.pathname);
    return view(() => resetView(token, toSignIn));
  }
  if (isSignedIn()) return undefined;
  const views = { register: () => registerView(toSignIn), forgot: forgotView };
  return view(views[name] ?? (() => signInView(enter)));
}

function toSignIn(text) {
  history.replaceState(null, '', location.pathname);
  route();
  say(text);
}

/** Goes on with a session: to the second step, or in. */
async function enter(session) {
  if (location.hash) history.replaceState(null, '', location.pathname);
  if (session.mfa.status !== 'required') return view(accountView);
  return view(() => secondStepView(session, enter, leave));
}

async function leave(text = t.signedOut) {
  if (isSignedIn()) await logout();
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  toSignIn(text);
}

function drawBar() {
  signOutButton.textContent = t.signOut;
  languageButton.textContent = t.otherLanguage;
  languageButton.lang = t.otherLanguageCode;
}

signOutButton.addEventListener('click', () => leave());
languageButton.addEventListener('click', () => {
  chooseLanguage(language() === 'de' ? 'en' : 'de');
  drawBar();
  void redraw();
  languageButton.focus();
});
addEventListener('hashchange', route);
useHooks({ stepUp, signedOut: () => leave(t.sessionEnded) });
drawBar();
try {
  // Whoever comes to reset his password goes on without the session.
  const session = location.hash.startsWith('#token=') ? null : await resume();
  if (session) await enter(session);
  else route();
} catch (error) {
  show(t.signIn, 'narrow');
  say(messageOf(error));
}
