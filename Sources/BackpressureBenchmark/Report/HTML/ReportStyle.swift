/// How the page looks: light or dark as the reader has it, one column on a phone.
enum ReportStyle {
    /// No characters that XML would take for markup.
    static let css = colors + layout + parts + drawing

    // Text has at least 4.5 to 1 against both backgrounds, marks 3 to 1; `make report-check` computes it.
    private static let colors = """
        :root { color-scheme: light dark; --page: #f4f5f7; --card: #ffffff; --ink: #1b2027; --quiet: #545d69;
          --line: #d5dae1; --link: #0a53a8; --good: #116329; --good-back: #dcf5e3; --bad: #a40e26; --bad-back: #fde4e6;
          --unsure: #6e4b00; --unsure-back: #fbeecb; --bound: #8a4b00; --cap: #a40e26;
          --c0: #0b5fb0; --c1: #b04a00; --c2: #187a3a; --c3: #5a6472; --c4: #7b3fb5; --c5: #b3206b; --c6: #00727a;
          --c7: #6b6200; }
        @media (prefers-color-scheme: dark) { :root { --page: #0f1318; --card: #191f27; --ink: #e7ebf0; --quiet: #a3adba;
          --line: #36404d; --link: #7cbcff; --good: #6fdd8b; --good-back: #12351f; --bad: #ff9aa2; --bad-back: #45161c;
          --unsure: #f0c766; --unsure-back: #3b2e0b; --bound: #f0b35a; --cap: #ff9aa2;
          --c0: #6cb6ff; --c1: #ffa657; --c2: #56d364; --c3: #aab4c0; --c4: #d2a8ff; --c5: #ff9bce; --c6: #39c5cf;
          --c7: #d4c84a; } }

        """

    private static let layout = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-behavior: auto; }
        body { margin: 0; background: var(--page); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        .page { max-width: 1280px; margin: 0 auto; padding: 0 12px; }
        header { background: var(--card); border-bottom: 1px solid var(--line); padding: 20px 0 12px; }
        footer { color: var(--quiet); font-size: 14px; padding: 16px 0 40px; }
        h1 { font-size: 24px; line-height: 1.3; margin: 4px 0 8px; }
        h2 { font-size: 20px; margin: 36px 0 6px; }
        h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
        p { margin: 0 0 8px; overflow-wrap: anywhere; }
        a { color: var(--link); }
        .skip { position: absolute; left: -999px; top: 0; padding: 8px 12px; background: var(--card); }
        .skip:focus { left: 0; }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        main:focus { outline: none; }
        nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 8px; margin: 12px 0 0; padding: 0; }
        nav a { display: inline-block; padding: 4px 10px; border: 1px solid var(--line); border-radius: 999px;
          font-size: 14px; text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        .lead { max-width: 76ch; color: var(--quiet); font-size: 15px; }
        .grid { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
          align-items: start; }
        .grid.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; margin: 0;
          min-width: 0; }

        """

    private static let parts = """
        .quiet, figcaption p { color: var(--quiet); }
        figcaption { margin-bottom: 8px; }
        figcaption p { font-size: 13px; margin: 2px 0 0; }
        .over-title { color: var(--quiet); font-size: 14px; margin: 0; }
        .badge { display: inline-block; padding: 0 8px; border-radius: 6px; font-weight: 600; white-space: nowrap; }
        .badge.large { padding: 0 12px; border-radius: 8px; margin-right: 6px; }
        .good { color: var(--good); background: var(--good-back); }
        .bad { color: var(--bad); background: var(--bad-back); }
        .unsure { color: var(--unsure); background: var(--unsure-back); }
        .badge.quiet { padding: 0; font-weight: 400; }
        .findings { border-left: 4px solid var(--bad); padding: 4px 12px 4px 28px; margin: 8px 0;
          overflow-wrap: anywhere; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 8px 16px; }
        .facts .wide { grid-column: span 2; }
        .facts div { min-width: 0; }
        .facts div:last-child { grid-column: 1 / -1; }
        dt { color: var(--quiet); font-size: 13px; }
        dd { margin: 0; overflow-wrap: anywhere; font-size: 15px; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 0; margin: 6px 0 0;
          font-size: 13px; overflow-wrap: anywhere; }
        .legend svg { width: 34px; display: inline-block; vertical-align: -1px; }
        details { margin-top: 10px; font-size: 14px; }
        summary { cursor: pointer; color: var(--link); padding: 4px 0; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap; }
        .scroll { overflow: auto; max-height: 70vh; border: 1px solid var(--line); border-radius: 6px; }
        table { border-collapse: collapse; font-size: 13px; width: 100%; }
        th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--line); vertical-align: top;
          font-weight: 400; min-width: 4.5em; }
        thead th { position: sticky; top: 0; background: var(--card); font-weight: 600; vertical-align: bottom; }
        tbody th { font-weight: 600; overflow-wrap: anywhere; }
        .turned tbody th { position: sticky; left: 0; background: var(--card); min-width: 8em; overflow-wrap: normal; }
        td.long, th.long { min-width: 24em; overflow-wrap: anywhere; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        thead .n { white-space: normal; }

        """

    private static let drawing = """
        figure svg { display: block; width: 100%; max-width: 480px; height: auto; overflow: visible; }
        svg text { fill: var(--ink); font-size: 12px; }
        svg .minor, svg .kind { fill: var(--quiet); font-size: 11px; font-weight: 400; }
        svg .name { font-weight: 600; }
        svg .figure { font-variant-numeric: tabular-nums; white-space: pre; }
        svg .kept { fill: var(--good); }
        svg .over-text, svg .ending { fill: var(--bad); font-weight: 600; }
        svg .level-text { fill: var(--bound); font-size: 11px; }
        svg .name, svg .figure, svg .kept, svg .over-text, svg .ending, svg .level-text { paint-order: stroke;
          stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; }
        .grid line.grid { stroke: var(--line); stroke-width: 1; }
        line.axis { stroke: var(--quiet); stroke-width: 1; }
        line.track { stroke: var(--line); stroke-width: 1; }
        line.bound { stroke: var(--bound); stroke-width: 1.5; }
        line.cap { stroke: var(--cap); stroke-width: 1.5; }
        line.excess, path.over { stroke: var(--bad); stroke-width: 2.5; fill: none; }
        .line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; }
        .whisker { stroke: var(--c); stroke-width: 2; }
        .solid { fill: var(--c); stroke: var(--card); stroke-width: 1; }
        .hollow { fill: var(--card); stroke: var(--c); stroke-width: 1.8; }
        .disc { fill: var(--c); fill-opacity: 0.16; stroke: var(--c); stroke-width: 1; stroke-opacity: 0.6; }
        .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
        .c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
        @media print { details:not([open]) { display: none; } }

        """
}
