"""How much one input may take, in one place. What goes beyond is refused in one line; SECURITY.md says why."""

# Bytes of a file that is read as one document, and characters and sentences of one text; a table may have any number of rows.
MOST_BYTES = 200 * 2**20
MOST_CHARACTERS = 50_000_000
MOST_SENTENCES = 500_000
# What reading one PDF, Word, HTML, Markdown or XLSX file may take: bytes that it unpacks to, seconds of computing for the first
# megabyte (each further one adds one), and bytes of memory.
MOST_UNPACKED = 500 * 2**20
MOST_SECONDS = 10
MOST_MEMORY = 2 * 10**9
# Columns of a table, bytes of a row of Parquet, and values of one column in a row group of it, the items of its lists counted one by one.
MOST_COLUMNS = 2_000
MOST_ROW_BYTES = 2**28
MOST_VALUES = 100_000_000
# Bytes of a TOML file and dots on one of its lines; codes and cue words of a codebook.
MOST_TOML = 2**20
MOST_DOTS = 250
MOST_CODES = 1_000
MOST_CUES = 20_000
# Bytes of one file of a model, and characters of the model's name, which stands beside every tag.
MOST_MODEL_BYTES = 2**30
MOST_NAME = 200
