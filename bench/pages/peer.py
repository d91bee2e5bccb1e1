"""The same page in Flask, with the same templates and the same database file: what Carafe is compared with."""
import os

from flask import Flask, render_template
from flask_sqlalchemy import SQLAlchemy
from jinja2 import FileSystemLoader

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, '..', '..', 'examples')

app = Flask('users', static_folder=os.path.join(EXAMPLES, 'common', 'static'))
app.jinja_loader = FileSystemLoader([os.path.join(EXAMPLES, name, 'templates') for name in ('users', 'common')])
app.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']
app.config['SECRET_KEY'] = 'for measuring only'
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(100), nullable=False)
    email = db.Column(db.String(120), unique=True, nullable=False)
    created_at = db.Column(db.DateTime, nullable=False)


@app.route('/')
def index():
    return render_template('users.html', users=User.query.order_by(User.id).all())


@app.route('/add', endpoint='add_user')
def add_user():
    return ''
