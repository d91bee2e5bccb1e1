"""An SQLite file goes from SQLAlchemy to Carafe and back: `exchange.py PROGRAM`. Values of all types come through unchanged."""
import datetime
import decimal
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import sqlalchemy as sa
except ImportError:
    print('skipped: python3-sqlalchemy is not installed')
    sys.exit(77)

warnings.simplefilter('ignore')     # SQLAlchemy's own about decimals in SQLite
ROW = {'name': 'naïve €', 'flag': True, 'score': 0.1, 'price': decimal.Decimal('12.50'), 'day': datetime.date(2024, 2, 29),
       'at': datetime.datetime(2024, 2, 29, 12, 34, 56, 7), 'clock': datetime.time(3, 4, 5, 500000),
       'span': datetime.timedelta(days=-1, microseconds=1), 'data': b'\x00\xff\x10', 'doc': {'a': [1, None]}, 'status': 'published',
       'uuid': '0192f0c123457abc8def010203040506', 'missing': None}

table = sa.Table('exchange', sa.MetaData(),
                 sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(50), nullable=False),
                 sa.Column('flag', sa.Boolean), sa.Column('score', sa.Float), sa.Column('price', sa.Numeric(10, 2)),
                 sa.Column('day', sa.Date), sa.Column('at', sa.DateTime), sa.Column('clock', sa.Time),
                 sa.Column('span', sa.Interval), sa.Column('data', sa.LargeBinary), sa.Column('doc', sa.JSON),
                 sa.Column('status', sa.Enum('draft', 'published', name='status')), sa.Column('uuid', sa.CHAR(32)),
                 sa.Column('missing', sa.DateTime))

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'exchange.db')
    engine = sa.create_engine('sqlite:///' + path)
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(id=1, **ROW))
    failed = subprocess.call([sys.argv[1], 'read', path])
    failed += subprocess.call([sys.argv[1], 'write', path])
    with engine.begin() as connection:
        rows = [dict(r) for r in connection.execute(table.select().order_by(table.c.id)).mappings()]
    engine.dispose()

for number, row in enumerate(rows, 1):
    if row != {'id': number, **ROW}:
        print('row %d came back as %r' % (number, row))
        failed += 1
if len(rows) != 2:
    print('%d rows in place of 2' % len(rows))
    failed += 1
sys.exit(1 if failed else 0)
