"""The trend as a chart."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history.query import HistoryPoint


def trend_chart(points: Sequence[HistoryPoint], title: str = "", library: bool = True) -> str:
    """A Plotly chart as HTML: success with its 95 % interval by run, a line for each agent and suite. ``library``: carry Plotly along (4.6 MB), so that nothing is fetched."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for key in dict.fromkeys((point.agent, point.suite) for point in points):
        mine = [point for point in points if (point.agent, point.suite) == key and point.rate.value is not None]
        values = [100 * (point.rate.value or 0.0) for point in mine]
        up = [100 * (point.rate.high or 0.0) - value for point, value in zip(mine, values)]
        down = [value - 100 * (point.rate.low or 0.0) for point, value in zip(mine, values)]
        words = [f"{point.run}<br>{point.episodes} episodes, {point.errors} errors<br>commit {point.commit or 'unknown'}" for point in mine]
        figure.add_scatter(
            x=[point.created or point.run for point in mine],
            y=values,
            mode="lines+markers",
            name=f"{key[0]} on {key[1]}",
            error_y={"type": "data", "array": up, "arrayminus": down, "symmetric": False},
            text=words,
            hovertemplate="%{y:.1f} %<br>%{text}<extra></extra>",
        )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)")
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zerolinecolor="rgba(128,128,128,0.25)")
    figure.update_layout(
        title=title,
        yaxis={"title": "success, %", "range": [-2, 102]},
        xaxis={"title": ""},
        template="plotly_white",
        paper_bgcolor="rgba(0,0,0,0)",  # readable in light and dark
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#888"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": "#888"},
        height=420,
        margin={"t": 50},
        showlegend=True,
        legend={"orientation": "h"},
    )
    return figure.to_html(full_html=False, include_plotlyjs=library, config={"displaylogo": False})
