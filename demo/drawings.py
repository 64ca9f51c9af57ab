"""Drawings of the demo shop's pieces: plain SVG shapes in a product's two tones, made for the page they stand in."""

from markupsafe import Markup

from demo.content import Product, Shape

# {a} is the light tone, {b} the deep one. Each drawing stands on the line y=138 of a 200 by 160 field.
_SHAPES: dict[Shape, str] = {
    "gaiwan": """
<ellipse cx="100" cy="130" rx="58" ry="9" fill="{b}"/>
<ellipse cx="100" cy="127" rx="58" ry="9" fill="{a}"/>
<path d="M50 66c2 34 20 58 50 58s48-24 50-58z" fill="{a}"/>
<path d="M122 66c-1 30-10 50-22 58 30 0 48-24 50-58z" fill="{b}" opacity=".45"/>
<ellipse cx="100" cy="66" rx="52" ry="9" fill="{b}"/>
<path d="M58 63c4-22 22-32 42-32s38 10 42 32c-20 8-64 8-84 0z" fill="{a}"/>
<path d="M118 34c14 5 22 14 24 29-9 4-20 5-30 6 8-12 10-24 6-35z" fill="{b}" opacity=".45"/>
<path d="M90 31c-2-8 0-12 10-12s12 4 10 12z" fill="{b}"/>""",
    "teapot": """
<path d="M146 70c30-14 40 44-8 42" fill="none" stroke="{b}" stroke-width="9" stroke-linecap="round"/>
<path d="M60 92C44 90 40 74 24 66l8-8c20 6 26 14 36 18z" fill="{b}"/>
<ellipse cx="102" cy="94" rx="52" ry="40" fill="{a}"/>
<path d="M124 58c18 8 30 20 30 36 0 22-24 40-52 40 28-16 36-48 22-76z" fill="{b}" opacity=".5"/>
<ellipse cx="102" cy="59" rx="30" ry="8" fill="{b}"/>
<path d="M74 57c4-12 16-16 28-16s24 4 28 16c-14 6-42 6-56 0z" fill="{a}"/>
<circle cx="102" cy="36" r="7" fill="{b}"/>
<path d="M74 132h56l-4 6H78z" fill="{b}"/>""",
    "kettle": """
<path d="M58 70C56 18 148 18 146 70" fill="none" stroke="{b}" stroke-width="7" stroke-linecap="round"/>
<path d="M58 96C44 94 40 80 26 76l4-10c18 0 28 10 38 14z" fill="{b}"/>
<path d="M50 96c0-22 22-34 52-34s52 12 52 34c0 20-8 34-18 42H68c-10-8-18-22-18-42z" fill="{a}"/>
<path d="M126 65c18 6 28 16 28 31 0 20-8 34-18 42h-26c18-20 24-46 16-73z" fill="{b}" opacity=".55"/>
<ellipse cx="102" cy="64" rx="28" ry="6" fill="{b}"/>
<circle cx="102" cy="54" r="7" fill="{b}"/>
<path d="M60 108h70" stroke="{b}" stroke-width="2" stroke-dasharray="1 7" stroke-linecap="round"/>""",
    "stove": """
<rect x="40" y="86" width="120" height="48" rx="10" fill="{a}"/>
<path d="M120 86h30a10 10 0 0 1 10 10v28a10 10 0 0 1-10 10h-46c12-14 18-30 16-48z" fill="{b}" opacity=".5"/>
<ellipse cx="100" cy="86" rx="60" ry="13" fill="{b}"/>
<ellipse cx="100" cy="84" rx="50" ry="10" fill="{a}"/>
<g fill="none" stroke="#C8552F" stroke-width="2">
<ellipse cx="100" cy="84" rx="38" ry="7"/>
<ellipse cx="100" cy="84" rx="24" ry="4.400"/>
<ellipse cx="100" cy="84" rx="11" ry="2"/>
</g>
<circle cx="100" cy="114" r="11" fill="{b}"/>
<path d="M100 114v-8" stroke="#EDE7DC" stroke-width="3" stroke-linecap="round"/>
<path d="M52 134h12v4H52zm84 0h12v4h-12z" fill="{b}"/>""",
    "cup": """
<path d="M62 60c2 40 14 70 38 70s36-30 38-70z" fill="{a}"/>
<path d="M116 60c0 36-6 60-16 70 24 0 36-30 38-70z" fill="{b}" opacity=".5"/>
<ellipse cx="100" cy="60" rx="38" ry="9" fill="{b}"/>
<ellipse cx="100" cy="62" rx="33" ry="6.500" fill="#C9A15C" opacity=".85"/>
<path d="M84 128h32l3 10H81z" fill="{b}"/>""",
    "pitcher": """
<path d="M136 74c30-4 28 42-4 44" fill="none" stroke="{b}" stroke-width="8" stroke-linecap="round"/>
<path d="M60 52c4 30-4 46 6 78 2 6 66 6 70 0 8-32 0-48 2-78z" fill="{a}"/>
<path d="M62 84c2 18-2 30 4 46 2 6 66 6 70 0 5-16 2-30 1-46z" fill="#C9A15C" opacity=".5"/>
<path d="M118 52c4 32 2 60-12 82 16 0 28-1 30-4 8-32 0-48 2-78z" fill="{b}" opacity=".4"/>
<path d="M44 44c10 0 14 8 18 14h76V50C112 46 70 48 44 44z" fill="{b}"/>""",
    "tray": """
<path d="M34 84h132l20 34H14z" fill="{a}"/>
<path d="M14 118h172v14a6 6 0 0 1-6 6H20a6 6 0 0 1-6-6z" fill="{b}"/>
<path d="M58 90l-8 22M86 90l-3 22M114 90l3 22M142 90l8 22" stroke="{b}" stroke-width="4" stroke-linecap="round" opacity=".7"/>
<path d="M78 78c1 10 8 18 22 18s21-8 22-18z" fill="#DCE8E1"/>
<ellipse cx="100" cy="78" rx="22" ry="5" fill="#A9C9BA"/>
<rect x="84" y="126" width="32" height="4" rx="2" fill="{a}" opacity=".7"/>""",
    "caddy": """
<path d="M58 62h84v60c0 20-84 20-84 0z" fill="{a}"/>
<path d="M116 62h26v60c0 9-16 14-36 15 10-24 14-48 10-75z" fill="{b}" opacity=".5"/>
<path d="M54 42c0-10 92-10 92 0v20c0 9-92 9-92 0z" fill="{b}"/>
<ellipse cx="100" cy="41" rx="46" ry="8" fill="{a}"/>
<circle cx="100" cy="34" r="7" fill="{b}"/>
<rect x="80" y="84" width="40" height="32" rx="4" fill="#F4F1EA" opacity=".85"/>
<path d="M92 94h16M92 100h16M92 106h10" stroke="{b}" stroke-width="2" stroke-linecap="round"/>""",
    "tools": """
<g stroke-linecap="round" fill="none" stroke-width="6">
<path d="M84 84L70 26" stroke="{a}"/>
<path d="M94 84L88 18" stroke="{b}"/>
<path d="M104 84l4-62" stroke="{a}"/>
<path d="M114 84l16-54" stroke="{b}"/>
</g>
<ellipse cx="70" cy="26" rx="6" ry="10" fill="{a}"/>
<circle cx="131" cy="27" r="7" fill="none" stroke="{b}" stroke-width="5"/>
<path d="M70 80h60l-6 56H76z" fill="{a}"/>
<path d="M110 80h20l-6 56h-22c8-18 10-36 8-56z" fill="{b}" opacity=".5"/>
<ellipse cx="100" cy="80" rx="30" ry="6" fill="{b}"/>""",
    "set": """
<rect x="18" y="104" width="164" height="34" rx="14" fill="{b}"/>
<rect x="18" y="104" width="164" height="16" rx="8" fill="{a}"/>
<path d="M72 66c0 26 12 44 30 44s30-18 30-44z" fill="#EEF2EC"/>
<path d="M112 66c0 22-2 36-10 44 18 0 30-18 30-44z" fill="{b}" opacity=".35"/>
<ellipse cx="102" cy="66" rx="30" ry="6" fill="{b}"/>
<path d="M76 63c3-12 14-16 26-16s23 4 26 16z" fill="{a}"/>
<circle cx="102" cy="43" r="5" fill="{b}"/>
<path d="M30 84c1 14 6 24 16 24s15-10 16-24z" fill="#EEF2EC"/>
<ellipse cx="46" cy="84" rx="16" ry="4" fill="{b}"/>
<path d="M140 84c1 14 6 24 16 24s15-10 16-24z" fill="#EEF2EC"/>
<ellipse cx="156" cy="84" rx="16" ry="4" fill="{b}"/>""",
}


def drawing(product: Product) -> Markup:
    """The piece as an inline SVG, hidden from screen readers because its name stands beside it."""
    light, deep = product.colors
    inner = _SHAPES[product.shape].strip().format(a=light, b=deep)
    shadow = '<ellipse cx="100" cy="140" rx="70" ry="7" fill="#16211F" opacity=".12"/>'
    # The shapes are constants and the colours were checked on loading, so nothing here comes from outside.
    return Markup(f'<svg viewBox="0 0 200 160" aria-hidden="true" focusable="false">{shadow}{inner}</svg>')  # noqa: S704
