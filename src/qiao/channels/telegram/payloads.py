"""What the Bot API calls the things of an update; only the fields that are read. Times are seconds since 1970."""

from msgspec import Struct, field


class User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str | None = None


class Chat(Struct, frozen=True):
    id: int
    type: str = "private"
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class File(Struct, frozen=True):
    file_id: str
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None
    width: int = 0
    height: int = 0


class Sticker(Struct, frozen=True):
    """A sticker; one that moves has a still picture beside it."""

    file_id: str
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False
    thumbnail: File | None = None
    file_size: int | None = None


class Location(Struct, frozen=True):
    latitude: float
    longitude: float


class Venue(Struct, frozen=True):
    location: Location
    title: str = ""
    address: str = ""


class Contact(Struct, frozen=True):
    """A telephone number that was shared; with `user_id` that of a Telegram user."""

    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class PollOption(Struct, frozen=True):
    text: str


class Poll(Struct, frozen=True):
    question: str
    options: tuple[PollOption, ...] = ()


class Dice(Struct, frozen=True):
    emoji: str
    value: int = 0


class Button(Struct, frozen=True):
    text: str
    callback_data: str = ""


class Markup(Struct, frozen=True):
    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Reference(Struct, frozen=True):
    message_id: int


class Message(Struct, frozen=True):
    message_id: int
    chat: Chat
    date: int = 0
    edit_date: int | None = None
    sender: User | None = field(default=None, name="from")
    text: str = ""
    caption: str = ""
    photo: tuple[File, ...] = ()
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    sticker: Sticker | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    poll: Poll | None = None
    dice: Dice | None = None
    reply_to_message: Reference | None = None
    forward_date: int | None = None
    forward_origin: dict[str, object] | None = None
    reply_markup: Markup | None = None


class Callback(Struct, frozen=True):
    id: str
    sender: User = field(name="from")
    data: str = ""
    message: Message | None = None


class Reaction(Struct, frozen=True):
    """One reaction; a picture of the platform's own has no emoji."""

    type: str = ""
    emoji: str = "⭐"


class ReactionChange(Struct, frozen=True):
    chat: Chat
    message_id: int
    user: User | None = None
    new_reaction: tuple[Reaction, ...] = ()


class Membership(Struct, frozen=True):
    status: str


class MembershipChange(Struct, frozen=True):
    chat: Chat
    sender: User = field(name="from")
    new_chat_member: Membership


class Update(Struct, frozen=True):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Callback | None = None
    message_reaction: ReactionChange | None = None
    my_chat_member: MembershipChange | None = None
