"""A postal address as people type it, taken apart as far as a parcel needs: China, and elsewhere by commas. Pure."""

import re
from collections.abc import Mapping

from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise
from qiao.ports.commerce_orders import Address

_SPECIAL = "北京|上海|天津|重庆|香港|澳门"
_CHINA = lazy_pattern(
    rf"^(?:中国)?(?P<region>[\u4e00-\u9fff]{{2,8}}?(?:省|自治区|特别行政区)|(?:{_SPECIAL})(?=市?[\u4e00-\u9fff]{{1,6}}?(?:区|县)))?"
    r"(?P<city>市|[\u4e00-\u9fff]{2,10}?(?:市|自治州|地区|盟))?"
    r"(?P<district>[\u4e00-\u9fff]{1,8}?(?:区|县|旗|市))?"
    r"(?P<street>.{3,})$"
)
_POSTCODE = lazy_pattern(r"\b(?=[A-Z0-9 -]*\d)[A-Z0-9]{2,5}(?:[ -]?[A-Z0-9]{2,4})?\b")
_STATE = lazy_pattern(r"^(?P<state>[A-Z]{2})\s+(?P<post>\d{5}(?:-\d{4})?)$")
_COUNTRIES: Mapping[str, str] = {
    "usa": "US", "us": "US", "united states": "US", "america": "US", "uk": "GB", "united kingdom": "GB", "england": "GB",
    "scotland": "GB", "canada": "CA", "germany": "DE", "france": "FR", "italy": "IT", "spain": "ES", "netherlands": "NL",
    "australia": "AU", "new zealand": "NZ", "japan": "JP", "south korea": "KR", "singapore": "SG", "malaysia": "MY",
    "thailand": "TH", "china": "CN", "ireland": "IE", "austria": "AT", "switzerland": "CH", "belgium": "BE", "sweden": "SE",
    "norway": "NO", "denmark": "DK", "finland": "FI", "poland": "PL", "portugal": "PT",
}  # fmt: skip


def address_of(written: str, country: str) -> Address | None:
    """The address, in `country` unless it names another; None when no city or street can be told."""
    text = " ".join(written.split())[:400]
    if re.search(r"[\u4e00-\u9fff]{4}", text):
        return _in_china(text, country)
    return _by_commas(text, country)


def in_one_line(address: Address) -> str:
    """An address in one line, in the order of its country. Parts that are not shown are left out."""
    if address.country == "CN" and re.search(r"[\u4e00-\u9fff]", address.city):
        region = "" if address.region.rstrip("市") == address.city.rstrip("市") else address.region
        return f"{region}{address.city}{address.district}{address.street}"
    tail = " ".join(part for part in (address.region, address.postcode) if part)
    return ", ".join(part for part in (address.street, address.city, tail, address.country) if part)


def _in_china(text: str, country: str) -> Address | None:
    joined = re.sub(r"[\s,，、]+", "", text) if len(re.findall(r"[\u4e00-\u9fff]", text)) > len(text) / 3 else text
    match = _CHINA.match(joined)
    if match is None:
        return None
    region, city = match["region"] or "", match["city"] or ""
    if region in _SPECIAL.split("|"):
        region, city = f"{region}市" if region not in {"香港", "澳门"} else region, f"{region}市"
    if not city or not match["district"]:
        return None
    return Address(country=country or "CN", region=region, city=city, district=match["district"], street=match["street"])


def _by_commas(text: str, country: str) -> Address | None:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    named = _COUNTRIES.get(normalise(parts[-1]).rstrip(".")) if parts else None
    if named is not None:
        parts = parts[:-1]
    if len(parts) < 2:
        return None
    region = postcode = ""
    last = _STATE.match(parts[-1])
    if last is not None and len(parts) > 2:
        region, postcode, parts = last["state"], last["post"], parts[:-1]
    else:
        found = list(_POSTCODE.finditer(parts[-1]))
        if found:
            postcode = found[-1][0]
            rest = (parts[-1][: found[-1].start()] + parts[-1][found[-1].end() :]).strip()
            parts = [*parts[:-1], rest] if rest else parts[:-1]
    if len(parts) < 2 or not any(map(str.isdigit, text)):
        return None
    return Address(country=named or country, region=region, city=parts[-1], street=", ".join(parts[:-1]), postcode=postcode)
