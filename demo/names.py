"""Names and places that the demo's invented customers are put together from."""

HOME_SHARE = 0.6

CHINESE_FAMILY: tuple[tuple[str, str], ...] = (
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang"), ("赵", "zhao"), ("黄", "huang"),
    ("周", "zhou"), ("吴", "wu"), ("徐", "xu"), ("孙", "sun"), ("马", "ma"), ("朱", "zhu"), ("胡", "hu"), ("郭", "guo"), ("何", "he"),
    ("高", "gao"), ("林", "lin"), ("罗", "luo"), ("郑", "zheng"), ("梁", "liang"), ("谢", "xie"), ("宋", "song"), ("唐", "tang"),
    ("许", "xu"), ("韩", "han"), ("冯", "feng"), ("邓", "deng"), ("曹", "cao"), ("彭", "peng"), ("曾", "zeng"), ("萧", "xiao"),
    ("田", "tian"), ("董", "dong"), ("潘", "pan"), ("袁", "yuan"), ("蔡", "cai"), ("蒋", "jiang"), ("余", "yu"), ("于", "yu"),
    ("叶", "ye"), ("苏", "su"), ("魏", "wei"), ("程", "cheng"), ("沈", "shen"), ("欧阳", "ouyang"),
)  # fmt: skip

CHINESE_GIVEN: tuple[tuple[str, str], ...] = (
    ("静怡", "jingyi"), ("思远", "siyuan"), ("晓峰", "xiaofeng"), ("雨晴", "yuqing"), ("子涵", "zihan"), ("建国", "jianguo"),
    ("丽华", "lihua"), ("明辉", "minghui"), ("佳琪", "jiaqi"), ("志强", "zhiqiang"), ("诗雅", "shiya"), ("浩然", "haoran"),
    ("欣妍", "xinyan"), ("文博", "wenbo"), ("婉清", "wanqing"), ("国栋", "guodong"), ("梦洁", "mengjie"), ("一鸣", "yiming"),
    ("秀英", "xiuying"), ("嘉豪", "jiahao"), ("慕云", "muyun"), ("海涛", "haitao"), ("若曦", "ruoxi"), ("俊杰", "junjie"),
    ("芳", "fang"), ("磊", "lei"), ("敏", "min"), ("伟", "wei"), ("倩", "qian"), ("勇", "yong"), ("洋", "yang"), ("宁", "ning"),
    ("玉兰", "yulan"), ("春生", "chunsheng"), ("可欣", "kexin"), ("天宇", "tianyu"), ("采薇", "caiwei"), ("正阳", "zhengyang"),
)  # fmt: skip

CHINESE_CITIES: tuple[str, ...] = (
    "上海", "上海", "北京", "北京", "广州", "深圳", "深圳", "杭州", "杭州", "成都", "武汉", "南京", "苏州", "西安", "重庆", "厦门",
    "福州", "长沙", "青岛", "郑州", "昆明", "宁波", "天津", "合肥", "大连", "沈阳", "哈尔滨", "乌鲁木齐", "兰州", "南昌",
)  # fmt: skip

_ENGLISH_FIRST = (
    "Olivia",
    "James",
    "Charlotte",
    "Daniel",
    "Grace",
    "Thomas",
    "Hannah",
    "Michael",
    "Sophie",
    "Andrew",
    "Nora",
    "Peter",
)
_ENGLISH_LAST = (
    "Bennett",
    "Clarke",
    "Foster",
    "Hughes",
    "Marsh",
    "Patel",
    "Reid",
    "Turner",
    "Walsh",
    "Young",
    "Okafor",
    "Nguyen",
)

PLACES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("US", "Portland", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("US", "New York", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("US", "Austin", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("CA", "Toronto", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("CA", "Vancouver", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("GB", "London", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("GB", "Edinburgh", ("Fiona", "Ewan", "Isla", "Callum"), ("MacLeod", "Sinclair", "Fraser", "Murray")),
    ("AU", "Melbourne", _ENGLISH_FIRST, _ENGLISH_LAST),
    ("NZ", "Wellington", ("Aroha", "Liam", "Mia", "Jack"), ("Harris", "Ngata", "Cooper", "Walker")),
    ("DE", "Berlin", ("Anna", "Jonas", "Lena", "Felix"), ("Krüger", "Vogel", "Brandt", "Seidel")),
    ("FR", "Lyon", ("Camille", "Hugo", "Élise", "Antoine"), ("Moreau", "Girard", "Lefèvre", "Renaud")),
    ("NL", "Utrecht", ("Sanne", "Daan", "Femke", "Bram"), ("de Vries", "Bakker", "Visser", "Mulder")),
    ("SE", "Gothenburg", ("Elsa", "Oskar", "Maja", "Nils"), ("Lindqvist", "Berg", "Nyström", "Holm")),
    ("JP", "Kyoto", ("Haruka", "Kenji", "Yui", "Sota"), ("Tanaka", "Mori", "Fujita", "Ishikawa")),
    ("SG", "Singapore", ("Wei Ling", "Marcus", "Priya", "Jun Hao"), ("Tan", "Lim", "Raman", "Goh")),
    ("IT", "Turin", ("Giulia", "Marco", "Chiara", "Luca"), ("Ferri", "Galli", "Conti", "Riva")),
)
