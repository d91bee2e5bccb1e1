#!/usr/bin/python3
"""A database file that the tutorial's Flask application wrote is read by a program of ours, and the other way round.

    tutorial.py PROGRAM      exit status 77 where Flask-SQLAlchemy is not installed
"""
import datetime
import os
import subprocess
import sys
import tempfile

try:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
except ImportError:
    print("Flask-SQLAlchemy is not installed for", sys.executable)
    sys.exit(77)

PROGRAM = os.path.abspath(sys.argv[1])


def application(path):
    app = Flask("tutorial")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + path
    db = SQLAlchemy(app)

    user_project = db.Table(
        "user_project",
        db.Column("user_id", db.Integer, db.ForeignKey("user.id"), primary_key=True),
        db.Column("project_id", db.Integer, db.ForeignKey("project.id"), primary_key=True))

    class ModelMetadata(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(100), nullable=False)
        accuracy = db.Column(db.Float, nullable=False)
        version = db.Column(db.String(20), nullable=True)
        created_at = db.Column(db.DateTime, nullable=False, default=datetime.datetime.utcnow)
        predictions = db.relationship("Prediction", backref="model", lazy=True)

    class Prediction(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        input_data = db.Column(db.Text, nullable=False)
        result = db.Column(db.Float, nullable=False)
        model_id = db.Column(db.Integer, db.ForeignKey("model_metadata.id"), nullable=False)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(100), nullable=False)
        email = db.Column(db.String(120), unique=True, nullable=False)
        active = db.Column(db.Boolean, nullable=False, default=True)
        projects = db.relationship("Project", secondary=user_project, backref="users")

    class Project(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(100), nullable=False)
        due = db.Column(db.Date)

    return app, db, ModelMetadata, Prediction, User, Project


def ours(verb, path):
    run = subprocess.run([PROGRAM, verb, path], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_we_read_what_flask_wrote(folder):
    path = os.path.join(folder, "flask.db")
    app, db, ModelMetadata, Prediction, User, Project = application(path)
    with app.app_context():
        db.create_all()
        model = ModelMetadata(name="café", accuracy=0.1, created_at=datetime.datetime(2024, 2, 29, 12, 34, 56, 789))
        model.predictions.append(Prediction(input_data="first", result=1e300))
        whole = ModelMetadata(name="whole", accuracy=3, version="2", created_at=datetime.datetime(1999, 12, 31))
        db.session.add_all([model, whole])
        db.session.add(User(name="Ada", email="ada@example.com",
                            projects=[Project(name="Loom", due=datetime.date(2024, 12, 31)), Project(name="Engine")]))
        db.session.add(User(name="Bob", email="bob@example.com", active=False))
        db.session.commit()
    got = ours("read", path)
    want = ("1 café 0.10000000000000001 - 2024-02-29 12:34:56.000789\n  first 1.0000000000000001e+300\n"
            "2 whole 3 2 1999-12-31 00:00:00\nAda ada@example.com\n  Loom 2024-12-31\n  Engine -\n")
    assert got == want, got
    said = ours("check", path).splitlines()
    assert said, "lengths are not checked in Flask's file, which must be said"
    assert all("check" in line or "index" in line or "foreign key" in line for line in said), said


def test_flask_reads_and_changes_what_we_wrote(folder):
    path = os.path.join(folder, "ours.db")
    ours("write", path)
    app, db, ModelMetadata, Prediction, User, Project = application(path)
    with app.app_context():
        model = ModelMetadata.query.one()
        assert (model.name, model.accuracy, model.version) == ("café", 0.1, None), model
        assert model.created_at == datetime.datetime(2024, 2, 29, 12, 34, 56, 789), model.created_at
        assert [(p.input_data, p.result) for p in model.predictions] == [("line\nline", 1e300)]
        user = User.query.filter_by(email="ada@example.com").one()
        assert user.active is True
        assert [(p.name, p.due) for p in user.projects] == [("Loom", datetime.date(2024, 12, 31))]
        assert User.query.filter(User.active.is_(True)).count() == 1
        user.projects.append(Project(name="Engine"))
        model.predictions.append(Prediction(input_data="more", result=2.5))
        model.version = "3"
        db.session.commit()
    got = ours("read", path)
    want = ("1 café 0.10000000000000001 3 2024-02-29 12:34:56.000789\n  line\nline 1.0000000000000001e+300\n  more 2.5\n"
            "Ada ada@example.com\n  Loom 2024-12-31\n  Engine -\n")
    assert got == want, got
    assert ours("check", path) == ""


with tempfile.TemporaryDirectory() as where:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test(where)
            print("ok", name)
