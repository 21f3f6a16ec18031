// One style sheet for all elements. Pages theme it by custom properties and ::part().
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; color-scheme: light dark; font: 16px/1.4 var(--pitboss-font, system-ui, sans-serif); color: var(--ink); container-type: inline-size;
  --ink: var(--pitboss-ink, light-dark(#16202b, #e8eef5)); --soft: var(--pitboss-soft, light-dark(#51606f, #9fb0c2));
  --card: var(--pitboss-card, light-dark(#fff, #16202b)); --line: var(--pitboss-line, light-dark(#dfe5ec, #2b3947));
  --gold: var(--pitboss-gold, light-dark(#8a6100, #e8b84a)); --up: var(--pitboss-up, light-dark(#1d7a41, #57c785));
  --down: var(--pitboss-down, light-dark(#b3261e, #ff8a80)); --mine: var(--pitboss-mine, light-dark(#e8f0ff, #20324a)); }
:host([theme=light]) { color-scheme: light; } :host([theme=dark]) { color-scheme: dark; }
* { box-sizing: border-box; } [hidden] { display: none !important; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: clip; }
header { display: flex; flex-wrap: wrap; gap: .1rem .9rem; align-items: baseline; padding: .6rem .8rem; position: sticky; top: 0; background: var(--card); z-index: 1; border-bottom: 1px solid var(--line); }
h2 { font-size: 1.1rem; margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; }
.clock { font-variant-numeric: tabular-nums; font-weight: 600; }
.facts { color: var(--soft); font-size: .85rem; display: flex; flex-wrap: wrap; gap: .1rem .9rem; width: 100%; align-items: center; }
.line::before { content: ""; display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-inline-end: .35em; background: var(--soft); }
.line[data-is=live]::before { background: var(--up); } .line[data-is=reconnecting]::before { background: var(--gold); }
button.small { margin-inline-start: auto; font: inherit; font-size: .8rem; color: var(--soft); background: none; border: 1px solid var(--line); border-radius: .4rem; min-height: 24px; padding: 0 .5rem; cursor: pointer; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-variant-numeric: tabular-nums; }
th, td { padding: 0 .6rem; height: 30px; text-align: end; border-bottom: 1px solid var(--line); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
th { color: var(--soft); font-size: .78rem; font-weight: 600; height: 24px; }
.place { width: 3.2rem; } .move { width: 2.6rem; padding-inline: 0; font-size: .75rem; text-align: start; } .prize { width: 6.6rem; } .points { width: 6.6rem; } .name { text-align: start; }
.paid .place, td.prize { color: var(--gold); font-weight: 600; } tr.mine { background: var(--mine); font-weight: 600; } tr.out { opacity: .55; }
.up { color: var(--up); } .down { color: var(--down); }
tr.line-end td { border-bottom: 2px dashed var(--gold); }
.note { margin: 0; padding: .7rem .8rem; color: var(--soft); } .me { border-top: 1px solid var(--line); }
ol.podium { display: flex; gap: .5rem; list-style: none; margin: 0; padding: .8rem; justify-content: center; text-align: center; border-bottom: 1px solid var(--line); }
ol.podium li { flex: 1 1 0; max-width: 12rem; padding: .5rem; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; text-overflow: ellipsis; }
ol.podium b { display: block; color: var(--gold); }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
a { color: inherit; } ul.lobby { list-style: none; margin: 0; padding: 0; } ul.lobby li { display: flex; gap: .8rem; padding: .55rem .8rem; border-bottom: 1px solid var(--line); min-height: 44px; align-items: center; }
ul.lobby .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@container (max-width: 30rem) { header { padding: .35rem .6rem; } .prize { width: 5.4rem; } .points { width: 5.2rem; } th, td { padding-inline: .35rem; } .place { width: 2.4rem; } .move { width: 2.1rem; } }
:focus-visible { outline: 2px solid var(--gold); outline-offset: 2px; }
`);

/** The style sheet of all elements. */
export default sheet;
