// The members of the mailbox of this page, by id: asked for once, when a name is needed.

export const mailbox = () => document.getElementById("counts")?.dataset.mailbox;
let asked = null;

// { me, rows, byId }, or null when they cannot be read now.
export function team() {
  asked ??= fetch(`/b/${mailbox()}/equipe/liste/`, { headers: { "X-Background": "1" }, credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
    .then(({ me, team: rows }) => ({ me, rows, byId: new Map(rows.map((row) => [row.id, row])) }))
    .catch(() => { asked = null; return null; });
  return asked;
}
