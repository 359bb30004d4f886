/** What browsers show. Nothing is loaded from elsewhere, and nothing that came from outside is written unescaped. */

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 0; }
  main { width: min(22rem, 90vw); }
  h1 { font-size: 1.4rem; }
  label { display: block; margin: 1rem 0 0.25rem; }
  input { box-sizing: border-box; width: 100%; font: inherit; padding: 0.5rem; }
  button { font: inherit; padding: 0.5rem 1rem; margin: 1.25rem 0.5rem 0 0; }
  [role='alert'] { color: #b3261e; }
  @media (prefers-color-scheme: dark) { [role='alert'] { color: #f2b8b5; } }
  small { opacity: 0.75; }`;

/** @param problem what was wrong with the former attempt */
export function loginPage(clientId: string, login: string, problem?: string): string {
  const alert = problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`;
  const focus = (isNext: boolean) => (isNext ? ' autofocus' : '');
  return page(
    'Log in',
    `<p><small>to ${escapeHtml(clientId)}</small></p>${alert}
    <form method="post">
      <label for="login">E-mail address</label>
      <input id="login" name="login" value="${escapeHtml(login)}" autocomplete="username" required${focus(login === '')}>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required${focus(login !== '')}>
      <button name="action" value="log-in">Log in</button>
      <button name="action" value="cancel" formnovalidate>Cancel</button>
    </form>`,
  );
}

/** @param form what oidc-provider wants to be sent; its id is `op.logoutForm` */
export function confirmSignOutPage(form: string): string {
  return page(
    'Sign out?',
    `<p>This ends your session here, and with it what applications may do for you.</p>${form}
    <button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
    <button form="op.logoutForm">Stay signed in</button>`,
  );
}

export function signedOutPage(): string {
  return page('Signed out', '<p>You may close this window.</p>');
}

/** @param explanation in words that are safe to show */
export function errorPage(explanation: string): string {
  return page('That did not work', `<p role="alert">${escapeHtml(explanation)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${title}</title>
  <style>${STYLE}</style>
</head>
<body><main><h1>${title}</h1>${body}</main></body>
</html>
`;
}

/** Text as it may stand in a page, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
