"""The same work with SQLAlchemy: peer.py WORK FILE|URL [ROWS]."""
import sys

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String, create_engine, delete, select
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload
from datetime import datetime

Base = declarative_base()
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else 100000


class Item(Base):
    __tablename__ = 'item'
    id = Column(Integer, primary_key=True)
    name = Column(String(100), nullable=False)
    email = Column(String(120), unique=True, nullable=False)
    size = Column(Integer, nullable=False)
    score = Column(Float, nullable=False)
    created_at = Column(DateTime, nullable=False, default=datetime.utcnow)


class Parent(Base):
    __tablename__ = 'parent'
    id = Column(Integer, primary_key=True)
    name = Column(String(100), nullable=False)
    children = relationship('Child', backref='parent')


class Child(Base):
    __tablename__ = 'child'
    id = Column(Integer, primary_key=True)
    name = Column(String(100), nullable=False)
    parent_id = Column(Integer, ForeignKey('parent.id'), nullable=False)


def load(s):
    return sum(i.size + len(i.name) for i in s.scalars(select(Item).order_by(Item.id)))


def insert(s):
    s.execute(delete(Item))
    s.add_all(Item(name='Item number %d' % i, email='item%d@example.com' % i, size=i, score=i * 0.5) for i in range(1, ROWS + 1))
    s.commit()
    return ROWS + 1


def update(s):
    for i in s.scalars(select(Item).order_by(Item.id)):
        i.size += 1
    s.commit()
    return ROWS + 1


def delete_all(s):
    for i in s.scalars(select(Item).order_by(Item.id)):
        s.delete(i)
    s.flush()
    s.rollback()
    return ROWS + 1


def one_by_one(s, ask):
    total = 0
    for i in range(1, ROWS + 1):
        total += ask(i * 7919 % ROWS + 1).size
        if i % 100 == 0:
            s.expunge_all()
    return total


def get(s):
    return one_by_one(s, lambda key: s.get(Item, key))


def find(s):
    return one_by_one(s, lambda key: s.scalars(select(Item).where(Item.email == 'item%d@example.com' % key)).first())


def related(s):
    return sum(c.parent_id for p in s.scalars(select(Parent).options(selectinload(Parent.children))) for c in p.children) + ROWS


work, file = sys.argv[1:3]
with Session(create_engine(file if '://' in file else 'sqlite:///' + file)) as session:
    sys.exit(0 if {'delete': delete_all}.get(work, globals().get(work))(session) > ROWS else 1)
